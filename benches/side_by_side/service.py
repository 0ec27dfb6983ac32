"""`fer serve` under load: crops a second through HTTP against `fer predict`, latencies at half load, memory.

    python benches/side_by_side/service.py --rounds 5 --requests 100000 --out service.json

Crops of 48 × 48 pixels, drawn by `fer synth`. The load comes from `wrk` (Debian's package) in a process of its own, on connections
that stay open; at half load from this script, which sends each request at its time, whether the one before is answered or not. On a
machine with other work, look at the processor's time: it does not count what waits. The script needs no Python package.
"""

import http.client
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import fer
import measure
from measure import ratios, spread, values

PREDICT, SINGLE, SEVERAL = "fer predict", "a crop a request", "16 crops a request"
PATH = "/v1/faces?detect=false"
BOUNDARY = "of-parts"

SCRIPT = """
local bodies = {}
for path in io.lines(os.getenv("FER_BODIES")) do
  local file = io.open(path, "rb")
  bodies[#bodies + 1] = file:read("*a")
  file:close()
end
local place = 0
wrk.headers["content-type"] = os.getenv("FER_TYPE")
request = function()
  place = place % #bodies + 1
  return wrk.format("POST", os.getenv("FER_PATH"), nil, bodies[place])
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %f %d %f\\n", summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(99) / 1000))
end
"""


class Service:
    """`fer serve`, until its end."""

    def __init__(self, program, threads):
        command = [program, "serve", "--listen", "127.0.0.1:0", "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip().removeprefix("http://")

    def memory_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def processor_seconds(self):
        """Of all its threads, in the program and in the system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def crops(program, folder, count):
    """Pictures of drawn faces, one a file."""
    csv, pipeline, pictures = folder / "faces.csv", folder / "pipeline.yaml", folder / "crops"
    measure.child([program, "synth", "--rows", count, "--seed", 1, csv], 2)
    source = {"kind": "csv", "path": str(csv)}
    stage = {"stage": "ingest", "params": {"source": source, "split": {"kind": "usage"}}}
    pipeline.write_text(json.dumps({"version": 1, "seed": 1, "run_dir": "run", "stages": [stage]}))
    measure.child([program, "run", pipeline], 2)
    for split in ("train", "validation", "test"):
        measure.child([program, "export-images", folder / "run" / "ingest" / f"{split}.safetensors", folder / split], 2)
        pictures.mkdir(exist_ok=True)
        [file.rename(pictures / file.name) for file in (folder / split).glob("*.png")]
    return sorted(pictures.glob("*.png"))


def multipart(files, folder, size):
    """Bodies of so many files each."""
    bodies = []
    for place in range(0, len(files) - size + 1, size):
        body = b""
        for file in files[place : place + size]:
            head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="p"; filename="{file.name}"\r\n\r\n'
            body += head.encode() + file.read_bytes() + b"\r\n"
        path = folder / f"body-{place}"
        path.write_bytes(body + f"--{BOUNDARY}--\r\n".encode())
        bodies.append(path)
    return bodies


def predicted(program, pictures, count, threads):
    """Crops a second of `fer predict`, without its start: that of a call with one crop is taken off."""
    first = sorted(pictures.glob("*.png"))[0]
    found = []
    for paths in (pictures, first):
        before = os.times()
        ended = measure.child([program, "predict", paths, "--no-detect", "--json", "--threads", threads], threads)
        after = os.times()
        processor = sum(after[2:4]) - sum(before[2:4])
        found.append((ended.seconds, processor))
    (seconds, processor), (start, of_start) = found
    return {"crops_per_second": count / (seconds - start), "processor_ms": 1000 * (processor - of_start) / count}


def loaded(service, bodies, kind, size, settings):
    """Crops a second of the service, asked by `wrk`."""
    with tempfile.TemporaryDirectory() as folder:
        script, listed = Path(folder) / "post.lua", Path(folder) / "bodies"
        script.write_text(SCRIPT)
        listed.write_text("".join(f"{body}\n" for body in bodies))
        environment = os.environ | {"FER_BODIES": str(listed), "FER_TYPE": kind, "FER_PATH": PATH}
        command = ["wrk", "-t1", f"-c{settings.connections}", f"-d{settings.seconds}s", "--timeout", "30s", "-s", str(script)]
        before = service.processor_seconds()
        ended = subprocess.run([*command, f"http://{service.address}"], env=environment, capture_output=True, text=True)
        processor = service.processor_seconds() - before
    found = re.search(r"RESULT (\d+) ([\d.]+) (\d+) ([\d.]+)", ended.stdout)
    if not found or int(found[3]):
        raise measure.Failed(f"wrk: {ended.stdout.strip()} {ended.stderr.strip()}")
    requests, seconds, p99 = int(found[1]), float(found[2]), float(found[4])
    crops = size * requests
    return {"crops_per_second": crops / seconds, "processor_ms": 1000 * processor / crops, "p99_ms": p99}


def at_rate(service, files, rate, seconds, clients=64):
    """Milliseconds that requests took which came at random times at this rate."""
    chance, times, lock = random.Random(1), [], threading.Lock()
    arrivals, at = [], 0.0
    while at < seconds:
        at += chance.expovariate(rate)
        arrivals.append(at)
    arrivals, bodies, begin = iter(arrivals), [file.read_bytes() for file in files], time.perf_counter()

    def client(number):
        connection = http.client.HTTPConnection(service.address)
        while True:
            with lock:
                arrival = next(arrivals, None)
            if arrival is None:
                return
            time.sleep(max(0.0, begin + arrival - time.perf_counter()))
            connection.request("POST", PATH, bodies[number % len(bodies)])
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise measure.Failed(f"status {answer.status}")
            with lock:
                # From the time when it should have been sent: a queue before the service counts too.
                times.append(1000 * (time.perf_counter() - begin - arrival))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    times.sort()
    return {"p50_ms": statistics.median(times), "p99_ms": times[int(0.99 * len(times))], "requests": len(times)}


def memory(program, files, settings):
    """MiB after some requests, and after so many more, in ten parts."""
    service, found, done = Service(program, settings.threads), [], 0
    while done < settings.requests:
        rate = loaded(service, files, "image/png", 1, settings)["crops_per_second"]
        done += int(rate * settings.seconds)
        found.append({"requests": done, "mib": service.memory_mib()})
        measure.say(f"{done} requests  {found[-1]['mib']:.1f} MiB")
    service.end()
    return found


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=5)
    parser.add_argument("--fer", metavar="PROGRAM", help="a built `fer`; by default it is built first")
    parser.add_argument("--crops", type=int, default=2048, help="different crops")
    parser.add_argument("--connections", type=int, default=64, help="connections of wrk")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--requests", type=int, default=0, help="requests after which memory is looked at; 0: none")
    settings = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("expected the program `wrk` (apt-get install wrk), found none")
    program = fer.build(settings.fer)
    machine = measure.machine(program)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        files = crops(program, folder, settings.crops)
        several = multipart(files, folder, 16)
        service = Service(program, settings.threads)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        contestants = {
            PREDICT: lambda: predicted(program, folder / "crops", len(files), settings.threads),
            SINGLE: lambda: loaded(service, files, "image/png", 1, settings),
            SEVERAL: lambda: loaded(service, several, kind, 16, settings),
        }
        results, missing = measure.alternate(contestants, settings.rounds)
        heads, rows = ["", "crops/s", "of `fer predict`", "processor ms a crop", "of `fer predict`"], []
        keys = ("crops_per_second", "processor_ms")
        alone = {key: values(results.get(PREDICT, []), key) for key in keys}
        for name, measured in results.items():
            row = [name]
            for key in keys:
                found = values(measured, key)
                row += [spread(found, 2), spread(ratios(found, alone[key]), 2) if alone[key] else "–"]
            rows.append(row)
        notes = []
        if SINGLE in results:
            half = statistics.median(values(results[SINGLE], "crops_per_second")) / 2
            late = at_rate(service, files, half, settings.seconds)
            notes.append(f"At half load, {half:.0f} requests/s at random times: half are answered within {late['p50_ms']:.1f} ms, 99 % "
                         f"within {late['p99_ms']:.1f} ms ({late['requests']} requests).")
        service.end()
        if settings.requests:
            grown = memory(program, files, settings)
            notes.append("Memory: " + ", ".join(f"{part['mib']:.1f} MiB after {part['requests']}" for part in grown) + " requests.")
    measure.report("The service", settings, machine, [(measure.table(heads, rows), (results, missing))], notes)


if __name__ == "__main__":
    main()
