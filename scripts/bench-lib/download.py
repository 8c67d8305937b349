"""One URL with pycurl and a write callback in Python; the body is thrown away."""

import sys

import pycurl

easy = pycurl.Curl()
easy.setopt(pycurl.URL, sys.argv[1])
if len(sys.argv) > 2:
    easy.setopt(pycurl.CAINFO, sys.argv[2])
easy.setopt(pycurl.WRITEFUNCTION, lambda chunk: len(chunk))
easy.perform()
