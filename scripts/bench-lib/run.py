"""Runs the measurements of scripts/bench and writes their part of docs/performance.md."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from page import machine, write_section

WORK, PORT, TLS_PORT = Path(os.environ["WORK"]), os.environ["PORT"], os.environ["TLS_PORT"]
TRANSFERHOST, PASS = os.environ["TRANSFERHOST"], os.environ["PASS"]
DOWNLOAD = Path(__file__).with_name("download.py")
CA = WORK / "ca.pem"


def hyperfine(commands, *options, rounds=1):
    """Each command's CPU seconds and wall seconds: medians of rounds, so that what slows the machine slows all of them."""
    report = WORK / "hyperfine.json"
    named = [part for name, command in commands.items() for part in ("-n", name, command)]
    found = {name: [] for name in commands}
    for _ in range(rounds):
        subprocess.run(["hyperfine", "-N", "--style", "basic", "--export-json", report, *options, *named], stdout=sys.stderr, check=True)
        for result in json.loads(report.read_text())["results"]:
            found[result["command"]].append((result["user"] + result["system"], result["median"]))
    return {name: tuple(map(statistics.median, zip(*measured))) for name, measured in found.items()}


def gib(title, url, ca):
    cacert = f" --cacert {ca}" if ca else ""
    found = hyperfine(
        {
            "pass-through plugin": f"{TRANSFERHOST} run {PASS} -s -o /dev/null{cacert} {url}",
            "no plugin": f"{TRANSFERHOST} run --no-plugin -s -o /dev/null{cacert} {url}",
            "curl": f"curl -s -o /dev/null{cacert} {url}",
            "pycurl, a callback in Python": f"/usr/bin/python3 {DOWNLOAD} {url} {ca or ''}",
        },
        "--runs", "1", rounds=15,
    )
    base, python = found["no plugin"], found["pycurl, a callback in Python"]
    rows = [f"| 1 GiB {title} | CPU seconds | ÷ no plugin | ÷ pycurl | wall seconds | ÷ no plugin |", "|---|---|---|---|---|---|"]
    for name, (cpu, wall) in found.items():
        rows.append(f"| {name} | {cpu:.3f} | {cpu / base[0]:.2f} | {cpu / python[0]:.2f} | {wall:.3f} | {wall / base[1]:.2f} |")
    return rows


def start():
    url = f"http://127.0.0.1:{PORT}/five"
    cache = WORK / "start-cache"
    command = f"env XDG_CACHE_HOME={cache} {TRANSFERHOST} run {PASS} -s -o /dev/null {url}"
    warm = hyperfine(
        {
            "plugin, compiled before": command,
            "no plugin": f"{TRANSFERHOST} run --no-plugin -s -o /dev/null {url}",
            "curl": f"curl -s -o /dev/null {url}",
        },
        "--warmup", "1", "--runs", "10", rounds=8,
    )
    cold = hyperfine({"plugin, compiled now": command}, "--runs", "10", "--prepare", f"rm -rf {cache}")
    rows = ["| the whole process on 5 bytes | wall | ÷ curl | CPU |", "|---|---|---|---|"]
    for name, (cpu, wall) in {**warm, **cold}.items():
        rows.append(f"| {name} | {wall * 1e3:.1f} ms | {wall / warm['curl'][1]:.2f} | {cpu * 1e3:.1f} ms |")
    return rows


def criterion(file):
    """Medians by name, in the order of the run. A long name stands on a line of its own."""
    found, pending = {}, ""
    for line in (WORK / file).read_text().splitlines():
        times = re.search(r"time:\s+\[\S+ \S+ (\S+ \S+) ", line)
        name = line.split("time:")[0].strip() or pending
        # Of a run before this it says what has changed, in the same shape.
        if times and name != "change:":
            found[name] = times[1]
        pending = line.strip()
    return found


def calls():
    ours, extisms = criterion("calls"), criterion("extism")
    assert ours, "the benchmark of calls printed nothing"
    if not extisms:
        return ["| one call | time (median) |", "|---|---|", *(f"| {name} | {time} |" for name, time in ours.items())]
    rows = ["| one call | time (median) | Extism's |", "|---|---|---|"]
    return [*rows, *(f"| {name} | {time} | {extisms.get(name, '')} |" for name, time in ours.items())]


def whole():
    return [
        *gib("in the clear", f"http://127.0.0.1:{PORT}/gib", None),
        "",
        *gib("over TLS", f"https://127.0.0.1:{TLS_PORT}/gib", CA),
    ]


parts = {"gib": whole, "start": start, "calls": calls}
# `ONLY=gib scripts/bench` leaves the others as they are.
for name in os.environ.get("ONLY", "gib start calls").split():
    lines = [machine(), "", *parts[name](), ""]
    write_section("docs/performance.md", f"scripts/bench, {name}", lines)
    print("\n".join(lines))
