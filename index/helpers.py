"""Pages cleaned and articles taken apart on every core, by helper processes that are asked over their pipes in JSON.

Not by multiprocessing's: those run the caller's main module again, and outlive a caller that is killed. These end
where their input does. A page that ends its helper (a library in C that crashes) is left out, and ends nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain, islice
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeVar, cast

from index.article import Article, PageKind, RawPage, Sentence
from index.cleaning import clean
from index.duplicates import Signature, signature
from index.errors import InputError
from index.sentences import split_sentences

log = logging.getLogger(__name__)

FEW = 64  # items that are done here before any helper is started, which takes a second
_BATCH = 16
_MOST = 16  # helpers: one process that reads and writes keeps no more of them busy
_READY = b"ready\n"
# The caller's own places to import from: it may have been started otherwise than by an installed command.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.helpers import serve; serve()"

Json = Any
Item = TypeVar("Item")
Given = TypeVar("Given")
Stream = Generator[Given, None, None]  # close it, and its helpers end


@dataclass(frozen=True, slots=True)
class Parts:
    """What an article is made of: its sentences, and the signature by which its copies are found."""

    sentences: tuple[Sentence, ...]
    signature: Signature


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cleaned(pages: Iterable[RawPage], helpers: int | None = None) -> Stream[Article | InputError]:
    """What `clean` makes of each page, or the error that it raises, in order.

    `helpers` are as many processes as there are cores unless told; with fewer than 2 all is done in this one.
    """

    def read(page: RawPage, answer: Json) -> Article | InputError:
        if "refused" in answer:
            return InputError(page.origin, answer["refused"])
        return Article.from_fields(answer)

    return _spread("clean", pages, asdict, _clean_or_error, read, helpers)


def taken_apart(articles: Iterable[Article], helpers: int | None = None) -> Stream[tuple[Article, Parts | InputError]]:
    """Each article with its parts, in order; `helpers` are as for `cleaned`."""

    def ask(article: Article) -> Json:
        return {"text": article.text, "language": article.language}

    def here(article: Article) -> tuple[Article, Parts]:
        return article, Parts(split_sentences(article.text, article.language), signature(article.text))

    def read(article: Article, answer: Json) -> tuple[Article, Parts | InputError]:
        if "refused" in answer:
            return article, InputError(article.origin, answer["refused"])
        spans = (Sentence(start, end, article.text[start:end]) for start, end in answer["spans"])
        return article, Parts(tuple(spans), bytes.fromhex(answer["signature"]))

    return _spread("take apart", articles, ask, here, read, helpers)


def serve() -> None:
    """What a helper does: answers each line of its input, a list of questions, with one of its output."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # whatever else is printed must not come between
    answers.write(_READY)
    answers.flush()
    for line in sys.stdin.buffer:
        job, questions = json.loads(line)
        answers.write(json.dumps([_JOBS[job](question) for question in questions]).encode() + b"\n")
        answers.flush()


def _clean_or_error(page: RawPage) -> Article | InputError:
    try:
        return clean(page)
    except InputError as error:
        return error


def _clean(fields: Json) -> Json:
    kind, authors = PageKind(fields["kind"]), tuple(fields["authors"])
    article = _clean_or_error(RawPage(**{**fields, "kind": kind, "authors": authors}))
    return {"refused": article.reason} if isinstance(article, InputError) else article.to_fields()


def _take_apart(fields: Json) -> Json:
    sentences = split_sentences(fields["text"], fields["language"])
    return {"spans": [(one.start, one.end) for one in sentences], "signature": signature(fields["text"]).hex()}


_JOBS: dict[str, Callable[[Json], Json]] = {"clean": _clean, "take apart": _take_apart}


def _spread(
    job: str,
    items: Iterable[Item],
    ask: Callable[[Item], Json],
    here: Callable[[Item], Given],
    read: Callable[[Item, Json], Given],
    helpers: int | None,
) -> Stream[Given]:
    """Each item's outcome, in order: of the first few by `here`, and then of `job` done by helpers."""
    waiting = iter(items)
    yield from map(here, islice(waiting, FEW))
    count = min(cores(), _MOST) if helpers is None else helpers
    further = list(islice(waiting, 1))
    if count < 2 or not further:
        yield from map(here, chain(further, waiting))
        return
    waiting = chain(further, waiting)
    with _Team(count) as team:
        asked: deque[tuple[list[Item], Future[list[Json] | None]]] = deque()
        while (batch := list(islice(waiting, _BATCH))) or asked:
            if batch:
                asked.append((batch, team.submit(job, list(map(ask, batch)))))
            if len(asked) > 2 * count or not batch:
                done, answers = asked.popleft()
                found = answers.result()
                yield from map(here, done) if found is None else map(read, done, found)


class _Team:
    """So many helpers at most, each asked by one thread at a time; one that ended is replaced."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="helper")
        self._idle: SimpleQueue[_Helper] = SimpleQueue()

    def __enter__(self) -> _Team:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().close()

    def submit(self, job: str, questions: list[Json]) -> Future[list[Json] | None]:
        """The answers to come; None where no helper can be had, so that they have to be found otherwise."""
        return self._threads.submit(self._answers, job, questions)

    def _answers(self, job: str, questions: list[Json]) -> list[Json] | None:
        helper = self._helper()
        if helper is None:
            return None
        answers = helper.ask(job, questions)
        if answers is not None:
            self._idle.put(helper)
            return answers
        ended = helper.close()
        if len(questions) == 1:
            return [{"refused": f"the process that was to {job} it ended ({ended}): it is left out"}]
        each: list[Json] = []
        for question in questions:
            alone = self._answers(job, [question])
            if alone is None:
                return None
            each += alone
        return each

    def _helper(self) -> _Helper | None:
        try:
            return self._idle.get_nowait()
        except Empty:
            pass
        try:
            return _Helper()
        except OSError as error:
            log.warning("No process to help with the pages can be started (%s): this one does them alone.", error)
            return None


class _Helper:
    """A process that runs `serve`."""

    def __init__(self) -> None:
        """Raises OSError where it does not come up."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the caller, which then ends this one
        )
        if self._exchange(b"") != _READY:
            raise OSError(f"{sys.executable}: {self.close()}")

    def ask(self, job: str, questions: list[Json]) -> list[Json] | None:
        """The answers, or None where the process ended before it gave them."""
        line = self._exchange(json.dumps([job, questions]).encode() + b"\n")
        answers: list[Json] | None = json.loads(line) if line.endswith(b"\n") else None
        return answers

    def close(self) -> str:
        """Ends the process, and says how it ended."""
        with suppress(OSError):
            self._pipes[0].close()
        code = self._process.wait()
        self._pipes[1].close()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        return cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def _exchange(self, line: bytes) -> bytes:
        """The line that comes for a line; what there is of one where the process ended."""
        questions, answers = self._pipes
        with suppress(BrokenPipeError):
            questions.write(line)
            questions.flush()
        return answers.readline()
