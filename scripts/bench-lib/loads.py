"""Runs the measurements of scripts/bench-loads and writes their part of docs/performance.md."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from page import machine, write_section

WORK, PORT, ROOT = Path(os.environ["WORK"]), os.environ["PORT"], Path(os.environ["ROOT"])
BENCH, RUST, TRANSFERHOST = os.environ["BENCH_BINARY"], Path(os.environ["RUST"]), os.environ["TRANSFERHOST"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
TENANTS, JOBS = 9, 100


def say(text):
    print(f"bench-loads: {text}", file=sys.stderr, flush=True)


def loads():
    """A cold and a warm load by plugin, in this process and in processes of its own."""
    smallest = WORK / "smallest.wat"
    text = (ROOT / "tests/tests/guards/one-write.wat").read_text()
    smallest.write_text(text.replace("@NAME@", "on-write").replace("@BODY@", "i32.const 0"))
    rows = ["| plugin | size | in process, cold | in processes, cold | ratio | warm |", "|---|---|---|---|---|---|"]
    for name, path in (("the smallest, a text", smallest), ("pass, Rust", RUST / "pass.wasm"), ("json-tracer, Rust", RUST / "json_tracer.wasm")):
        environment = {**os.environ, "PLUGIN": str(path), "ROUNDS": str(ROUNDS * 3), "CACHE": str(WORK / "load-cache")}
        found = json.loads(subprocess.run([BENCH], env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)
        middle = {way: statistics.median(times) for way, times in found.items()}
        ratio = statistics.median(apart / own for own, apart in zip(found["own"], found["apart"]))
        size = f"{path.stat().st_size / 1024:.0f} KiB"
        rows.append(
            f"| {name} | {size} | {middle['own'] * 1e3:.1f} ms | {middle['apart'] * 1e3:.1f} ms | {ratio:.2f}"
            f" | {middle['warm'] * 1e3:.2f} ms |"
        )
        say(rows[-1])
    return rows


def heavy(branches):
    """A plugin of some KB that takes the compiler long: branches to a block of a thousand results."""
    results, branch = 1_000, "local.get 0 br_if 0 "
    module = (
        f"(core module $heavy (type $many (func (result {'i32 ' * results}))) (func $give (type $many) {'i32.const 0 ' * results})"
        f" (func (param i32) (block (type $many) call $give {branch} {'drop ' * results} call $give {branch * branches}) {'drop ' * results}))"
    )
    text = (ROOT / "tests/tests/guards/one-write.wat").read_text().replace("@NAME@", "on-write").replace("@BODY@", "i32.const 0")
    return text.replace("(core module $m", module + "\n(core module $m", 1)


def attacks(url):
    """The lines of the tenth tenant: plugins that are heavy, lines that are, headers that hide another."""
    for at in range(8):
        (WORK / f"heavy{at}.wat").write_text(heavy(3_000 + at))
    (WORK / "subtype.wat").write_text((ROOT / "guest-examples/hostile/wat/subtype-call.wat").read_text())
    job = {"tenant": "bad", "url": url}
    kinds = [
        *({**job, "plugin": f"heavy{at}.wat"} for at in range(8)),
        {**job, "plugin": "subtype.wat"},
        {**job, "limits": {"A" * 900_000: 1}},
        {**job, "headers": {"Transfer-Encoding ": "chunked"}, "body": "x"},
        {**job, "set": {f"k{at}": "v" for at in range(50_000)}},
        {**job, "tenant": "bad" + "x" * 900_000},
    ]
    return [json.dumps(kinds[at % len(kinds)]) for at in range(JOBS)]


def batch(attacked):
    url = f"http://127.0.0.1:{PORT}/small.txt"
    good = [
        json.dumps({"id": f"{tenant}-{job}", "tenant": f"good{tenant}", "url": url, "plugin": "pass.wasm"})
        for job in range(JOBS)
        for tenant in range(TENANTS)
    ]
    bad = attacks(url) if attacked else []
    lines = bad + good
    policy = WORK / "policy.toml"
    policy.write_text(f'[network]\nports = [{PORT}]\nallow = ["127.0.0.1/32"]\n[limits]\nload-processor-time = "3s"\n')
    command = [TRANSFERHOST, "batch", "--policy-file", policy, "-"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(WORK / "batch-cache")}
    start = time.perf_counter()
    done = subprocess.run(command, input="\n".join(lines), cwd=WORK, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - start
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == len(lines), (len(outcomes), len(lines))
    mine = [outcome for outcome in outcomes if str(outcome["tenant"]).startswith("good")]
    assert all(outcome["code"] == 0 for outcome in mine), [outcome["message"] for outcome in mine if outcome["code"]][:3]
    times = sorted(outcome["seconds"]["total"] for outcome in mine)
    return {"p99": times[len(times) * 99 // 100], "median": times[len(times) // 2], "seconds": seconds, "well": len(mine)}


def neighbours():
    (WORK / "pass.wasm").write_bytes((RUST / "pass.wasm").read_bytes())
    batch(False)
    found = {False: [], True: []}
    for number in range(ROUNDS):
        for attacked in (False, True):
            found[attacked].append(batch(attacked))
            say(f"round {number + 1}, {'with' if attacked else 'without'} the tenth: {found[attacked][-1]}")
    rows = ["| | without the tenth tenant | with it | ratio |", "|---|---|---|---|"]
    for key, name in (("median", "median of a transfer"), ("p99", "p99 of a transfer")):
        middle = {attacked: statistics.median(run[key] for run in found[attacked]) for attacked in found}
        ratio = statistics.median(bad[key] / good[key] for good, bad in zip(found[False], found[True]))
        rows.append(f"| {name} | {middle[False] * 1e3:.1f} ms | {middle[True] * 1e3:.1f} ms | {ratio:.2f} |")
    well = min(run["well"] for run in found[True])
    rows.append(f"| outcomes of the nine that are 0 | {TENANTS * JOBS} | {well} | |")
    return rows


def main():
    lines = [f"Measured by `scripts/bench-loads`, medians of {ROUNDS} rounds or more, side by side. {machine()}", ""]
    lines += ["A plugin that is loaded, by where it is compiled; warm is from the cache, mapped:", "", *loads(), ""]
    lines += [
        f"{TENANTS} tenants of a batch with {JOBS} jobs each, without and with a tenth tenant whose {JOBS} lines are plugins that",
        "take 30 s to compile, a plugin that would abort the process, and lines that are heavy or hide a header. The policy sets",
        "`load-processor-time` to 3 s, so that a round ends; the tenth tenant then has a process of nice 19 nearly all the time:",
        "",
        *neighbours(),
    ]
    write_section(ROOT / "docs/performance.md", "scripts/bench-loads", lines)


main()
