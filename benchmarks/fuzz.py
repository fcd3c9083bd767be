"""Every door for untrusted input fuzzed: how many inputs, how fast, and what crashed, hung, grew or broke a contract.

    python -m benchmarks.fuzz [--seconds 20] [--inputs N] [--target NAME] [--seed 1]

Each target runs in a process of its own on one thread. Where atheris is installed (`pip install .[fuzz]`) it guides the
inputs by the branches that they reach; without it, and where the work is native code or another thread's, they are
changes of the seeds. `--inputs` is shared out among the targets, the cheap ones taking more; a target ends with its
share or with its seconds. An input fails that raises anything but a DatelineError, breaks a contract of its target
(see `fuzz_checks`), takes more than 2 s of the processor and 20 s for each MiB, or makes the process grow by more
than 512 MiB; inputs are up to 1 MiB long. Each different failure is kept in `.fuzz/`. Exits with 1 where there was one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import mmap
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from benchmarks.fuzz_mutator import LONGEST, Mutator

KEPT = Path(__file__).resolve().parent.parent / ".fuzz"
SLOWEST = 2.0  # seconds of the processor for one input
FOR_EACH_MIB = 20.0  # more of them: a mebibyte may hold a hundred thousand records
GROWTH = 512 * 1024  # KiB of memory over what the seeds take
_STUCK = 60.0  # seconds of the processor after which an input is broken off


class Hang(BaseException):
    """An input was broken off: no `except Exception` may swallow it."""


@dataclass(slots=True)
class Tally:
    """What came of one target. `failures` are the different ones, each with its first input's name in `.fuzz/`."""

    inputs: int = 0
    seconds: float = 0.0
    failed: int = 0
    slowest: float = 0.0
    slowest_size: int = 0
    peak: int = 0  # KiB
    guided: bool = False
    failures: dict[str, str] = field(default_factory=dict)


class Run:
    """One target under way, in this process."""

    def __init__(self, name: str, check: Callable[[bytes], None], place: mmap.mmap) -> None:
        self.tally = Tally()
        self._name = name
        self._check = check
        self._place = place  # the input under way, for the parent to find when this process dies of it
        self._most = 0

    def settle(self) -> None:
        """Begins to measure: what the seeds took is what the target takes."""
        self._most = _memory() + GROWTH

    def one(self, data: bytes) -> None:
        """One input."""
        data = data[:LONGEST]
        self._place[:4] = len(data).to_bytes(4, "little")
        self._place[4 : 4 + len(data)] = data
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, _STUCK)
        try:
            self._check(data)
        except (Exception, Hang) as error:
            self._failed(data, _told(error))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - began
        self.tally.inputs += 1
        if took > self.tally.slowest:
            self.tally.slowest, self.tally.slowest_size = took, len(data)
        if took > SLOWEST + FOR_EACH_MIB * len(data) / 2**20:
            self._failed(data, "slower than the bound")
        if self._most and (now := _memory()) > self._most:
            self._most = now + GROWTH
            self._failed(data, "grew past the bound")

    def _failed(self, data: bytes, what: str) -> None:
        self.tally.failed += 1
        if what not in self.tally.failures:
            self.tally.failures[what] = _kept(self._name, data)


def _memory() -> int:
    """The most memory that this process has had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _told(error: BaseException) -> str:
    """What makes two failures one: the kind of error and the last line of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/site-packages/" not in frame.filename] or list(frames)
    said = str(error).split("\n")[0][:120] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno} {said}".strip()


def _kept(name: str, data: bytes) -> str:
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{name.replace(' ', '-').replace(',', '')}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path.name


def _fuzz(name: str, seconds: float, inputs: int, seed: int, place: mmap.mmap) -> Tally:
    """Runs a target in this process, which does nothing else."""
    with _watched():
        import benchmarks.fuzz_targets as targets
        import index.webpage  # noqa: F401  # what is loaded late is named here
    target = next(target for target in targets.TARGETS if target.name == name)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        run = Run(name, target.begin(Path(folder)), place)
        seeds = target.seeds()
        for data in seeds:
            run.one(data)
        run.settle()
        mutator = Mutator(seeds, target.marks, seed)
        began = time.monotonic()
        ended = began + seconds

        def is_done() -> bool:
            return run.tally.inputs >= inputs or time.monotonic() >= ended

        def finish() -> None:
            run.tally.seconds = time.monotonic() - began
            run.tally.peak = _memory()

        if target.guided and find_spec("atheris") is not None:
            run.tally.guided = True
            _guided(run, mutator, seeds, seed, is_done, finish)
        while not is_done():
            run.one(mutator.fresh())
        finish()
    return run.tally


@contextmanager
def _watched() -> Iterator[None]:
    """Modules that are imported meanwhile tell atheris which branches are taken."""
    if find_spec("atheris") is None:
        yield
        return
    import atheris

    with atheris.instrument_imports(include=["index", "rag", "ui"]):
        yield


def _guided(
    run: Run, mutator: Mutator, seeds: list[bytes], seed: int, is_done: Callable[[], bool], finish: Callable[[], None]
) -> None:
    """Runs under libFuzzer, which never returns: this process ends with it."""
    import atheris

    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, data in enumerate(seeds):
        (corpus / str(number)).write_bytes(data)

    def one(data: bytes) -> None:
        run.one(data)
        if is_done():
            finish()
            _report(run.tally)
            os._exit(0)

    def another(data: bytes, most: int, number: int) -> bytes:
        return mutator.changed(data)

    options = [
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        "-len_control=0",
        "-rss_limit_mb=0",
        "-timeout=1000000",
        "-verbosity=0",
    ]
    options += [f"-artifact_prefix={corpus}/", "-handle_segv=0", "-handle_abrt=0", "-handle_fpe=0", "-detect_leaks=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=another)
    atheris.Fuzz()


def _report(tally: Tally) -> None:
    os.write(3, json.dumps(asdict(tally)).encode())


def _child(arguments: argparse.Namespace) -> None:
    def broken_off(number: int, frame: FrameType | None) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, broken_off)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    place = mmap.mmap(4, LONGEST + 4)
    _report(_fuzz(arguments.target, arguments.seconds, arguments.inputs, arguments.seed, place))
    os._exit(0)  # threads of a target may still run


def _run(name: str, arguments: argparse.Namespace, inputs: int) -> Tally:
    """Runs a target in a process of its own; one that dies is a failure of its last input."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as shared:
        shared.truncate(LONGEST + 4)
        command = [sys.executable, "-m", "benchmarks.fuzz", "--child", "--target", name, "--seed", str(arguments.seed)]
        command += ["--seconds", str(arguments.seconds), "--inputs", str(inputs)]
        # 3 and 4 are where the child writes its tally and its input.
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3>&{writing} 4<>/proc/self/fd/{shared.fileno()}', "bash", *command],
            pass_fds=(writing, shared.fileno()), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        _, errors = process.communicate()
        if said:
            return Tally(**json.loads(said))
        size = int.from_bytes(os.pread(shared.fileno(), 4, 0), "little")
        last = os.pread(shared.fileno(), size, 4)
    why = errors.decode(errors="replace").strip().rsplit("\n", 1)[-1][:150]
    return Tally(failed=1, failures={f"the process ended with {process.returncode} ({why})": _kept(name, last)})


def _print(name: str, tally: Tally) -> None:
    rate = tally.inputs / tally.seconds if tally.seconds else 0
    way = "guided" if tally.guided else "mutated"
    slowest = f"{tally.slowest * 1000:,.0f} ms ({tally.slowest_size / 1024:,.0f} KiB)"
    print(
        f"| {name} | {way} | {tally.inputs:,} | {rate:,.0f} | {tally.failed} | {slowest} | {tally.peak / 1024:,.0f} |",
        flush=True,
    )


def main() -> None:
    """Fuzzes the targets and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="the most that a target runs")
    parser.add_argument("--inputs", type=int, default=10**9, help="the most inputs of all targets together")
    parser.add_argument("--target", action="append", help="only this one; may be given again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        arguments.target = arguments.target[0]
        _child(arguments)
    from benchmarks.fuzz_targets import TARGETS

    names = [target.name for target in TARGETS]
    if strange := set(arguments.target or ()) - set(names):
        parser.error(f"no such target: {', '.join(strange)}; there are: {', '.join(names)}")
    chosen = [target for target in TARGETS if not arguments.target or target.name in arguments.target]
    shares = sum(target.share for target in chosen)
    print("| target | inputs are | inputs | a second | failed | slowest | peak, MiB |\n" + "| --- " * 7 + "|")
    tallies: dict[str, Tally] = {}
    for target in chosen:
        tallies[target.name] = _run(target.name, arguments, max(1, arguments.inputs * target.share // shares))
        _print(target.name, tallies[target.name])
    inputs, failed = (sum(getattr(tally, what) for tally in tallies.values()) for what in ("inputs", "failed"))
    print(f"\n{inputs:,} inputs, {failed} failed")
    for name, tally in tallies.items():
        for what, kept in tally.failures.items():
            print(f"{name}: {what} (.fuzz/{kept})")
    sys.exit(any(tally.failed for tally in tallies.values()))


if __name__ == "__main__":
    main()
