"""Runs the measurements of scripts/bench-tenants and writes their part of docs/performance.md."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from page import machine, write_section

WORK, PORT = Path(os.environ["WORK"]), os.environ["PORT"]
BENCH, RUST, TINYGO = os.environ["BENCH_BINARY"], Path(os.environ["RUST"]), os.environ["TINYGO"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
COUNT = int(os.environ.get("SMALL", "20000"))
AT_ONCE = 100


def say(text):
    print(f"bench-tenants: {text}", file=sys.stderr, flush=True)


def bench(which, **variables):
    environment = {**os.environ, "BENCH": which, **{name: str(value) for name, value in variables.items()}}
    done = subprocess.run([BENCH], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def many():
    rows = ["| transfers at once | names | all ended well | resident before | resident, all under way | each |", "|---|---|---|---|---|---|"]
    for count in (100, 1_000, 10_000):
        for host in ("127.0.0.1", "localhost"):
            url = f"http://{host}:{PORT}/slow.txt"
            say(f"{count} at once, {host}")
            found = bench("many", COUNT=count, TENANTS=min(count, 100), URL=url, PLUGIN=RUST / "pass.wasm")
            well = found["ended"].get("0 ", 0)
            say(json.dumps(found))
            mib = lambda size: f"{size / 2**20:.0f} MiB"
            ended = f"{well} of {count}" + ("" if found["at_once"] else ", not all at once")
            rows.append(
                f"| {count} | {'numeric' if host[0] == '1' else 'localhost'} | {ended} | {mib(found['resident_before'])}"
                f" | {mib(found['resident'])} | {found['resident_each'] / 1024:.0f} KiB |"
            )
    return rows


def curl_parallel(url):
    """The curl tool, with as many URLs in a file of its options."""
    config = WORK / "curl.config"
    config.write_text(f'url = "{url}"\noutput = "/dev/null"\n' * COUNT)
    before, start = os.times(), time.perf_counter()
    subprocess.run(["curl", "-sS", "--parallel", "--parallel-max", str(AT_ONCE), "-K", config], check=True)
    seconds, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": seconds, "cpu": cpu, "a_second": COUNT / seconds, "failed": 0}


def pycurl_multi(url, *how):
    script = Path(__file__).with_name("multi.py")
    done = subprocess.run(["/usr/bin/python3", script, url, str(COUNT), str(AT_ONCE), *how], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def small():
    url = f"http://127.0.0.1:{PORT}/small.txt"
    ours = lambda plugin: lambda: bench("small", COUNT=COUNT, AT_ONCE=AT_ONCE, TENANTS=10, URL=url, PLUGIN=plugin)
    ways = {
        "a fresh Rust guest each": ours(RUST / "pass.wasm"),
        **({"a fresh TinyGo guest each": ours(TINYGO)} if TINYGO else {}),
        "the same engine, no plugins": ours(""),
        "`curl --parallel`": lambda: curl_parallel(url),
        "pycurl's multi, a callback in Python": lambda: pycurl_multi(url),
        "the same, a fresh handle each": lambda: pycurl_multi(url, "fresh"),
    }
    found = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name, run in ways.items():
            found[name].append(run())
            say(f"small bodies, round {number + 1}: {name}: {found[name][-1]['a_second']:.0f} a second")
    middle = lambda name, key: statistics.median(run[key] for run in found[name])
    base, python = middle("the same engine, no plugins", "a_second"), middle("pycurl's multi, a callback in Python", "a_second")
    rows = ["| 1 KiB each, 100 at a time, one thread | a second (median) | ÷ no plugins | ÷ pycurl | CPU µs each | failed |", "|---|---|---|---|---|---|"]
    for name in ways:
        rate, failed = middle(name, "a_second"), sum(run["failed"] for run in found[name])
        cpu = middle(name, "cpu") / COUNT * 1e6
        rows.append(f"| {name} | {rate:,.0f} | {rate / base:.2f} | {rate / python:.2f} | {cpu:.0f} | {failed} |")
    return rows


def noisy():
    say("ten tenants, alone and beside a noisy one")
    url = f"http://127.0.0.1:{PORT}/small.txt"
    found = bench("noisy", URL=url, PLUGIN=RUST / "pass.wasm", HOSTILE=RUST / "examples")
    say(json.dumps(found))
    rows = ["| ten tenants' transfers | how many | failed | p50 | p99 | p99.9 |", "|---|---|---|---|---|---|"]
    names = {"alone": "alone", "beside": "beside the noisy one", "alone_again": "when it has gone"}
    for key, name in names.items():
        times = found[key]
        cells = [f"{times[part]:.2f} ms" for part in ("p50", "p99", "p999")]
        rows.append(f"| {name} | {times['transfers']} | {times['failed']} | {' | '.join(cells)} |")
    text = (
        f"p99 beside the noisy one ÷ p99 alone: **{found['p99_ratio']:.2f}** (p50: {found['p50_ratio']:.2f}). The noisy one had 100 transfers"
        f" at a time of {found['noisy_plugins']} plugins that burn fuel, time, memory, pauses and prints in every callback; quotas and"
        f" limits were the tenant's defaults, and let {found['noisy_transfers']} of its transfers end meanwhile."
    )
    return [*rows, "", text]


# `ONLY=noisy scripts/bench-tenants` leaves the others as they are.
parts = {"many": many, "small": small, "noisy": noisy}
for name in os.environ.get("ONLY", "many small noisy").split():
    lines = [machine(), "", *parts[name](), ""]
    write_section("docs/performance.md", f"scripts/bench-tenants, {name}", lines)
    print("\n".join(lines))
