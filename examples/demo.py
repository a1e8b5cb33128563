"""The main job, end to end: two servers as processes of their own, asked by real clients; ends by itself.

python examples/demo.py
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ntplib

import jackfield as jf
from calculator import Add, Divide, Log, calculator

HERE = Path(__file__).parent


@contextmanager
def started(program: str) -> Iterator[list[str]]:
    """Start a server of this folder on a free port, give the addresses that it prints, and end it with SIGTERM."""
    with subprocess.Popen([sys.executable, HERE / program, "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            addresses = process.stdout.readline().split()
            print(f"{program} serves on {' and '.join(addresses)}")
            yield addresses
            process.terminate()
            output, _ = process.communicate(timeout=30)
            for line in output.splitlines():
                print(f"{program} printed: {line}")
            if process.returncode != 0:
                raise SystemExit(f"{program} ended with status {process.returncode}")
        finally:
            process.kill()


def ask_calculator(url: str) -> None:
    with jf.connect(calculator, url) as client:
        client.send(Log(f"hello over {url.partition(':')[0]}"))
        for request in (Add(1, 2), Add(-40, 82)):
            print(f"{url}  {request}  ->  {client.call(request)}")
        for division in (Divide(7, 2), Divide(7, 0)):
            print(f"{url}  {division}  ->  {client.call(division)}")


def ask_time(url: str) -> None:
    host, _, port = url.removeprefix("udp://").rpartition(":")
    answer = ntplib.NTPClient().request(host, port=int(port), version=4, timeout=10)
    reference = ntplib.ref_id_to_text(answer.ref_id, answer.stratum)
    print(f"{url}  ntplib: stratum {answer.stratum} ({reference}), our clock is off by {answer.offset:+.6f} s")
    if abs(answer.offset) > 1:
        raise SystemExit("the two clocks of one machine do not agree")


def main() -> None:
    with started("calculator.py") as urls:
        for url in urls:
            ask_calculator(url)
    with started("ntp.py") as (url,):
        ask_time(url)
    print("demo: all answered, both servers drained and ended with status 0")


if __name__ == "__main__":
    main()
