"""Pages cleaned by helper processes: as one process would, whatever becomes of the helpers, and of who asks them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from index import helpers
from index.article import Article, PageKind, RawPage
from index.cleaning import clean
from index.duplicates import signature
from index.errors import InputError
from index.helpers import FEW, cleaned, taken_apart
from index.sentences import split_sentences
from tests.test_archive import story

ROOT = Path(__file__).parents[1]
PAGES = FEW + 90

# A helper that a page can end, as a library in C that crashes would.
MORTAL = """
import os, signal
from index import helpers
inner = helpers._JOBS["clean"]
def mortal(fields):
    if "deadly" in fields["content"]:
        os.kill(os.getpid(), signal.SIGSEGV)
    return inner(fields)
helpers._JOBS["clean"] = mortal
helpers.serve()
"""


def page(number: int, content: str = "") -> RawPage:
    told = story(number)
    text = content or f"{told['text']}\ud800 \u201cSo it is,\u201d said the mayor of {number}."  # a lone surrogate
    return RawPage(f"a.jsonl#{number}", text, PageKind.STORY, told["url"], told["title"], told["published"])


def outcomes(found: Iterable[Article | InputError]) -> list[Article | str]:
    return [str(one) if isinstance(one, InputError) else one for one in found]


def test_helpers_clean_as_one_process_does_and_in_order():
    pages = [page(number, "" if number % 40 else "?!") for number in range(PAGES)]
    alone = outcomes(cleaned(pages, helpers=1))
    assert outcomes(cleaned(pages, helpers=3)) == alone
    assert alone[41] == clean(pages[41])
    assert str(alone[80]).startswith("a.jsonl#80: no story is left")


def test_helpers_take_articles_apart_as_one_process_does():
    articles = [clean(page(number)) for number in range(PAGES)]
    for article, (given, parts) in zip(articles, taken_apart(articles, helpers=2), strict=True):
        assert given == article
        assert not isinstance(parts, InputError)
        assert parts.sentences == split_sentences(article.text, article.language)
        assert parts.signature == signature(article.text)


def test_a_page_that_ends_its_helper_is_left_out_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(helpers, "_START", f"import json, sys; sys.path[:] = json.loads(sys.argv[1])\n{MORTAL}")
    deadly = {FEW + 20, FEW + 21, FEW + 80}
    pages = [page(number, "a deadly page" if number in deadly else "") for number in range(PAGES)]
    found = list(cleaned(pages, helpers=2))
    refused = [one for one in found if isinstance(one, InputError)]
    assert [one.origin for one in refused] == [f"a.jsonl#{number}" for number in sorted(deadly)]
    assert all("signal 11" in one.reason and "left out" in one.reason for one in refused)
    assert [one for one in found if isinstance(one, Article)] == [
        clean(one) for number, one in enumerate(pages) if number not in deadly
    ]


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
def test_without_helpers_one_process_does_all(
    program: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(sys, "executable", program)
    pages = [page(number) for number in range(PAGES)]
    assert list(cleaned(pages, helpers=2)) == [clean(one) for one in pages]
    assert program in caplog.text


def build_script(folder: Path, last: str = "") -> Path:
    """A script of a user's, nothing of it guarded against being run again, that builds an archive of 400 pages."""
    (folder / "pages.jsonl").write_text("".join(json.dumps(story(number)) + "\n" for number in range(400)))
    script = folder / "build.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        f"sys.path[:0] = [{str(ROOT)!r}, {str(folder)!r}]\n"
        "from index import helpers\n"
        "from index.build import Input\n"
        "from index.rebuild import rebuild\n"
        "from tests.word_embedder import WordEmbedder\n"
        "print('begun', flush=True)\n"
        "helpers.cores = lambda: 2\n"
        f"{last}\n"
        f"print(rebuild(Path({str(folder / 'archive')!r}), Input.of({str(folder / 'pages.jsonl')!r}), WordEmbedder())"
        ".articles)\n"
    )
    return script


def running(mark: str) -> list[str]:
    """The command lines of the processes that have a mark in theirs."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if mark in line:
            lines.append(line)
    return lines


def test_a_script_that_builds_is_run_once_and_leaves_no_helper(tmp_path: Path):
    done = subprocess.run([sys.executable, build_script(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "begun\n400\n"), done.stderr
    assert not running(str(tmp_path))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads the processes from /proc")
def test_helpers_end_with_a_caller_that_is_killed(tmp_path: Path):
    hold = (
        "import time; inner = helpers.cleaned\n"
        "def slowly(pages):\n"
        "    for number, one in enumerate(inner(pages)):\n"
        "        time.sleep(0.05 if number > 70 else 0)\n"
        "        yield one\n"
        "import index.build; index.build.cleaned = slowly"
    )
    with subprocess.Popen([sys.executable, build_script(tmp_path, hold)], stdout=subprocess.PIPE) as caller:
        deadline = time.monotonic() + 60
        while not (helping := [line for line in running(str(tmp_path)) if "index.helpers" in line]):
            assert caller.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        assert helping
        os.kill(caller.pid, signal.SIGKILL)
    while running(str(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
