"""Answers for each address on stdin: whether it is globally reachable, then the IPv4 addresses that it embeds."""
import ipaddress
import sys

for line in sys.stdin:
    address = ipaddress.ip_address(line.strip())
    embedded = []
    if address.version == 6:
        embedded += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    print(int(address.is_global), *[inner for inner in embedded if inner is not None])
