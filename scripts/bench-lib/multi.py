"""pycurl's multi interface with a write callback in Python: so many URLs, so many at a time, by handles that are used again, or
`fresh` ones. Prints one line of JSON."""

import json
import sys
import time

import pycurl

url, count, at_once, fresh = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["fresh"]


class Body:
    """What a policy is: it sees each chunk."""

    def __init__(self):
        self.calls = 0

    def write(self, chunk):
        self.calls += 1
        return len(chunk)


multi = pycurl.CurlMulti()
free = [pycurl.Curl() for _ in range(at_once)]
begun = done = failed = calls = 0
start, cpu = time.perf_counter(), time.process_time()
while done < count:
    while free and begun < count:
        easy = free.pop()
        body = Body()
        easy.body = body
        easy.setopt(pycurl.URL, url)
        easy.setopt(pycurl.WRITEFUNCTION, body.write)
        multi.add_handle(easy)
        begun += 1
    while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
        pass
    while True:
        waiting, well, ill = multi.info_read()
        for easy in well + [easy for easy, _, _ in ill]:
            calls += easy.body.calls
            multi.remove_handle(easy)
            if fresh:
                easy.close()
                easy = pycurl.Curl()
            free.append(easy)
        done += len(well) + len(ill)
        failed += len(ill)
        if not waiting:
            break
    if done < count and not (free and begun < count):
        multi.select(1.0)
seconds = time.perf_counter() - start
print(json.dumps({"count": count, "failed": failed, "calls": calls, "seconds": seconds, "cpu": time.process_time() - cpu, "a_second": count / seconds}))
