"""What the benches write: a part of a page between two marks, with the machine and the versions in front."""

import os
import platform
import re
import subprocess


def machine():
    """The machine and the versions, in one line."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    found = [f"{cpu}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}"]
    if "TRANSFERHOST" in os.environ:
        found.append(subprocess.run([os.environ["TRANSFERHOST"], "--version"], capture_output=True, text=True).stdout.split("\n")[0].strip())
    found.append(subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split("\n")[0].split(" (")[0])
    version = subprocess.run(["/usr/bin/python3", "-c", "import pycurl; print(pycurl.version)"], capture_output=True, text=True)
    if version.returncode == 0:
        found.append(re.sub(r" .*?(libcurl/\S+).*", r" (\1)", version.stdout.strip()))
    return "; ".join(found) + "."


def write_section(path, name, lines):
    """Replaces what stands between the marks of this name."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    page = open(path).read()
    head, rest = page.split(begin)
    tail = rest.split(end)[1]
    open(path, "w").write(head + begin + "\n\n" + "\n".join(lines) + "\n" + end + tail)
