"""Latency of one-row requests over loopback, beside that of the bare model.

    python benchmarks/serving_latency.py <live folder> [--requests 2000] [--clients 1] [--sync]

The folder holds release.json and bundles/, as `trunkline deploy` writes them (`.trunkline/live/<environment>`).
Prints p50, p95 and p99 in milliseconds, the ratio of the service's p50 to the model's, and the processor time that
the service spends on a request, which is what stays comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from trunkline.core.bundle import BundleStore
from trunkline.inputs import input_of
from trunkline.runtimes import open_model
from trunkline.serving.release import read_release


def percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {f"p{p}": 1000 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in (50, 95, 99)}


def bare(folder: Path, count: int) -> tuple[dict[str, float], bytes]:
    """Time the champion's model alone; return that and a request that it answers."""
    bundle = BundleStore(folder / "bundles").get(read_release(folder).champion.bundle)
    model = open_model(bundle)
    row = {column.name: input_of(column).example() for column in bundle.contract.features}
    columns = {name: [value] for name, value in row.items()}
    times = []
    for _ in range(count):
        start = time.perf_counter()
        model.predict(columns)
        times.append(time.perf_counter() - start)
    model.close()
    return percentiles(times[count // 10 :]), json.dumps(row).encode()


def processor_seconds(port: int) -> float:
    """Return what the service says that it has used so far."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return float(re.findall(r"^process_cpu_seconds_total (.*)$", text, re.MULTILINE)[0])


def served(
    folder: Path, body: bytes, count: int, clients: int, sync: bool
) -> tuple[dict[str, float], float, float]:
    """Time requests to the real service; return that, requests answered a second, processor ms a request."""
    with tempfile.TemporaryDirectory() as logs:
        command = [
            sys.executable,
            "-m",
            "trunkline.serving",
            str(folder),
            "--port",
            "0",
            "--log-folder",
            logs,
        ]
        process = subprocess.Popen([*command, *["--sync"] * sync], stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            first = json.loads(process.stderr.readline())
            assert first["event"] == "started", first
            times: list[float] = []

            def send() -> None:
                connection = http.client.HTTPConnection("127.0.0.1", first["port"])
                for i in range(count // clients):
                    start = time.perf_counter()
                    connection.request("POST", "/predict", body)
                    answer = connection.getresponse()
                    answer.read()
                    assert answer.status == 200
                    if i >= count // clients // 10:
                        times.append(time.perf_counter() - start)

            threads = [threading.Thread(target=send) for _ in range(clients)]
            used, start = processor_seconds(first["port"]), time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wall = time.perf_counter() - start
            return percentiles(times), count / wall, (processor_seconds(first["port"]) - used) / count * 1000
        finally:
            process.terminate()
            process.wait(timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--sync", action="store_true")
    options = parser.parse_args()
    model, body = bare(options.folder, options.requests)
    service, rate, processor = served(options.folder, body, options.requests, options.clients, options.sync)
    for name, found in (("model", model), ("service", service)):
        print(f"{name:8}" + "".join(f"  {key} {value:7.3f} ms" for key, value in found.items()))
    print(
        f"service p50 / model p50: {service['p50'] / model['p50']:.1f}; {rate:.0f} requests a second;"
        f" {processor:.3f} ms of processor time a request"
    )


if __name__ == "__main__":
    main()
