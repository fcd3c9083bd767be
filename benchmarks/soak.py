"""Many users at the HTTP door for some minutes, with the archive built anew every minute: errors, times and memory.

    python -m benchmarks.soak [--users 32] [--minutes 10] [--every 60] [--pause 2]

`dateline serve` and the builds run as processes of their own, on an archive of the examples. Each user asks, waits for
the answer, rests for `--pause` seconds on average, and asks again; now and then it opens what was cited or looks for
passages. Every minute an article that nobody has seen is added, or the whole archive rebuilt with it, by turns; the
server has to answer from it in the generation that it serves next. An answer must cite sentences that stand in it, and
come from a generation no older than the one before. Memory is the server's resident set, read every second; it is
compared after the first build is served, when all that is loaded once is loaded, and at the end. Exits with 1 where
a request failed, an answer was wrong, a build failed, or memory grew by more than 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.doors import ROOT, command
from tests.servers import free_port

INDEX = (sys.executable, "-W", "ignore", "-m", "index")
TOWNS = ("Tromsø", "Aveiro", "Ghent", "Lugano", "Sibiu", "Tartu", "Kotor", "Narvik", "Évora", "Leuven")
GROWTH = 0.05
WINDOW = 20  # seconds over which memory is averaged


@dataclass
class Figures:
    """What was seen: seconds of each request by kind, what went wrong by kind, and the server's memory over time."""

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds since the start, MiB
    builds: int = 0
    first_build: float = 0.0  # seconds since the start when the first of them was served

    def note(self, problem: str) -> None:
        """Counts a problem, and tells the first of each kind."""
        self.wrong[problem] += 1
        if self.wrong[problem] == 1:
            print(f"PROBLEM: {problem}", flush=True)

    def mean_memory(self, first: float) -> float:
        """The mean over a window that begins so many seconds after the start, MiB."""
        return statistics.fmean(size for at, size in self.memory if first <= at < first + WINDOW)


class Soak:
    """The users, the writer and the watcher of one run."""

    def __init__(self, url: str, process: psutil.Process, folder: Path, options: argparse.Namespace) -> None:
        self._process = process
        self._articles, self._archive = folder / "articles", folder / "archive"
        self._options = options
        self._http = httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=None))
        self._began = time.monotonic()
        self._served: list[str] = []  # generations, as they came to be published
        lines = (ROOT / "examples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        self._questions = [json.loads(line)["question"] for line in lines]
        self.figures = Figures()

    async def run(self) -> Figures:
        """Runs to the end of the time."""
        async with self._http:
            await self._ask(self._questions[0])  # the models are loaded before the clock starts
            self.figures.times.clear()
            self._began = time.monotonic()
            users = [self._user(random.Random(number)) for number in range(self._options.users)]
            await asyncio.gather(self._watch(), self._write(), *users)
        return self.figures

    @property
    def _left(self) -> float:
        return self._began + 60 * self._options.minutes - time.monotonic()

    async def _user(self, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, self._options.pause))
        while self._left > 0:
            question = chance.choice(self._questions)
            if chance.random() < 0.2:
                await self._request("retrieve", "POST", "/api/retrieve", {"question": question, "k": 5})
            else:
                answer = await self._ask(question)
                if answer and answer["citations"] and chance.random() < 0.3:
                    await self._open(answer["citations"][0])
            await asyncio.sleep(min(chance.expovariate(1 / self._options.pause), max(self._left, 0)))

    async def _ask(self, question: str) -> dict[str, Any] | None:
        allowed = self._served[-2:]
        answer = await self._request("ask", "POST", "/api/ask", {"question": question})
        if answer is None:
            return None
        if allowed and answer["generation"] < allowed[0]:
            self.figures.note("an answer from a generation that was long replaced")
        if any(cited["sentence"] not in answer["text"] for cited in answer["citations"]):
            self.figures.note("a cited sentence that the answer does not say")
        return answer

    async def _open(self, cited: dict[str, Any]) -> None:
        article = await self._request("article", "GET", f"/api/articles/{cited['article_id']}")
        if article and article["text"][cited["start"] : cited["end"]] != cited["sentence"]:
            self.figures.note("a citation that does not stand in its article")

    async def _request(self, kind: str, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        began = time.monotonic()
        try:
            response = await self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            self.figures.note(f"{kind}: {type(error).__name__}")
            return None
        self.figures.times[kind].append(time.monotonic() - began)
        if response.status_code != 200:
            self.figures.note(f"{kind}: status {response.status_code}")
            return None
        found: dict[str, Any] = response.json()
        return found

    async def _write(self) -> None:
        number, due = 0, self._began + self._options.every
        while due < self._began + 60 * self._options.minutes:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += self._options.every
            town, people = TOWNS[number % len(TOWNS)], 311 + 7 * number
            new = self._articles / f"new-{number}.txt"
            new.write_text(
                f"date 2025-09-20 {town} counts the visitors of its night market\n\n"
                f"{people} people came to night market number {number + 1} of {town} on Friday, its keeper said.\n",
                encoding="utf-8",
            )
            line = ("rebuild", self._articles) if number % 2 else ("add", new)
            await self._build(*line)
            answer = await self._ask(f"How many people came to night market number {number + 1} of {town}?")
            if answer and f"{people} people" not in answer["text"]:
                self.figures.note("an article that was just added is not found")
            number += 1

    async def _build(self, how: str, what: Path) -> None:
        line = [*INDEX, how, what, "--archive", self._archive]
        pipes = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.PIPE}
        process = await asyncio.create_subprocess_exec(*map(str, line), cwd=ROOT, **pipes)
        _, said = await process.communicate()
        if process.returncode:
            self.figures.note(f"{how} failed: {said.decode()[-300:]}")
            return
        self._served.append((self._archive / "CURRENT").read_text().strip())
        self.figures.builds += 1
        self.figures.first_build = self.figures.first_build or time.monotonic() - self._began

    async def _watch(self) -> None:
        told = 0.0
        while self._left > 0:
            try:
                at, size = time.monotonic() - self._began, self._process.memory_info().rss / 2**20
            except psutil.NoSuchProcess as error:
                raise SystemExit("the server ended before the soak did") from error
            self.figures.memory.append((at, size))
            if at >= told:
                done = sum(map(len, self.figures.times.values()))
                print(f"{at:5.0f} s  {size:6.0f} MiB  {done:6,} requests  {self.figures.builds} builds", flush=True)
                told += 30
            await asyncio.sleep(1)


def report(figures: Figures, minutes: float) -> bool:
    """Prints the figures; says whether all is well."""
    for kind, times in sorted(figures.times.items()):
        p50, p95, p99 = (statistics.quantiles(times, n=100)[at - 1] for at in (50, 95, 99))
        print(f"{kind:10} {len(times):6,} requests  p50 {p50:.3f} s  p95 {p95:.3f} s  p99 {p99:.3f} s")
    start, end = figures.mean_memory(figures.first_build + WINDOW), figures.mean_memory(60 * minutes - WINDOW)
    most = max(size for _, size in figures.memory)
    growth = end / start - 1
    print(f"memory     {start:.0f} MiB after the first build, {end:.0f} at the end ({growth:+.1%}), {most:.0f} at most")
    print(f"builds     {figures.builds}")
    print(f"problems   {figures.wrong.total()}")
    for problem, count in figures.wrong.most_common():
        print(f"           {count:6,} {problem}")
    return not figures.wrong and growth <= GROWTH


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=60, help="seconds between two builds")
    parser.add_argument("--pause", type=float, default=2, help="seconds that a user rests, on average")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples" / "articles", folder / "articles")
        os.environ["DATELINE_RATE_LIMIT"] = "0"  # all users have one address
        subprocess.run([*INDEX, "rebuild", folder / "articles", "--archive", folder / "archive"], cwd=ROOT, check=True)
        with command("serve", "--port", str(free_port()), "--archive", folder / "archive") as (url, process):
            figures = asyncio.run(Soak(url, psutil.Process(process.pid), folder, options).run())
        raise SystemExit(not report(figures, options.minutes))


if __name__ == "__main__":
    main()
