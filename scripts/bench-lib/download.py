"""One URL with pycurl and a write callback in Python, which hands each chunk on, as the others do."""

import os
import sys

import pycurl

easy = pycurl.Curl()
easy.setopt(pycurl.URL, sys.argv[1])
if len(sys.argv) > 2:
    easy.setopt(pycurl.CAINFO, sys.argv[2])
with open(os.devnull, "wb", buffering=0) as output:

    def write(chunk):
        output.write(chunk)

    easy.setopt(pycurl.WRITEFUNCTION, write)
    easy.perform()
