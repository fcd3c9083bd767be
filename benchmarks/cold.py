"""How long a newcomer waits: `dateline ask` from the shell, and `dateline chat` until its page and its first answer.

    python -m benchmarks.cold [--archive .archives/examples] [--times 5]

Each run is a process of its own, with files that the system has read before. The processor's seconds are steadier
than the clock's where the machine does other work too. Without an archive that of the examples is built.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from tests.doors import ROOT
from tests.servers import free_port

QUESTION = "what did Belarus and Iran sign?"
SECOND = "When will Nepal hold its general election?"
DATELINE = (sys.executable, "-W", "ignore", "-m", "ui.cli")

Figures = dict[str, tuple[float, float, float]]  # seconds by the clock, of the processor, and MiB of memory


def ask(archive: Path) -> Figures:
    """One question from the shell."""
    began = time.monotonic()
    process = subprocess.Popen([*DATELINE, "ask", QUESTION, "--archive", archive], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"dateline ask ended with {process.returncode}")
    return {"dateline ask": (time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)}


def chat(archive: Path) -> Figures:
    """A chat server until its page, its first answer and its second."""
    port = free_port()
    figures: Figures = {}
    began = time.monotonic()
    with _running([*DATELINE, "chat", "--port", str(port), "--archive", str(archive)]) as process:

        def note(name: str, since: float) -> None:
            used = process.cpu_times()
            figures[name] = (time.monotonic() - since, used.user + used.system, process.memory_info().rss / 2**20)

        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            while True:
                try:
                    client.get("/").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
            note("chat: the page", began)
            client.post("/api/ask", json={"question": QUESTION}).raise_for_status()
            note("chat: the first answer", began)
            asked = time.monotonic()
            client.post("/api/ask", json={"question": SECOND}).raise_for_status()
            note("chat: a second answer, alone", asked)
    return figures


@contextmanager
def _running(command: list[str]) -> Iterator[psutil.Popen]:
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """Prints the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        archive = options.archive or Path(folder) / "examples"
        if options.archive is None:
            subprocess.run([*DATELINE, "rebuild", "examples/articles", "--archive", archive], check=True)
        runs = [measure(archive) for _ in range(options.times) for measure in (ask, chat)]
    print(f"{'until':32}{'seconds':>10}{'processor, s':>14}{'MiB':>8}")
    for name in dict.fromkeys(name for run in runs for name in run):
        middle = [statistics.median(values) for values in zip(*(run[name] for run in runs if name in run), strict=True)]
        print(f"{name:32}{middle[0]:10.2f}{middle[1]:14.2f}{middle[2]:8.0f}")


if __name__ == "__main__":
    main()
