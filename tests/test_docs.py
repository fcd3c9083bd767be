"""The README and the docs do as they say.

A ```console block is run, line by line, in a folder with `examples/` and an archive of it; what stands under a `$`
line must be printed by it, `...` standing for anything. A ```python block is run there too. The commands of ```sh
blocks are not run (they serve, wait or fetch), but the command line has to know them.
"""

from __future__ import annotations

import doctest
import io
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from tests.documents import PAGES, ROOT, Block, accepts, blocks, words
from ui.cli import main

RUN = list(blocks("console", "python"))
READ = [(block, line) for block in blocks("sh") for line in block.text.splitlines() if "dateline " in line]
_SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, example_archive: Path) -> Path:
    """The folder that the docs speak from."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(example_archive, folder / "archive")
    return folder


@pytest.fixture(autouse=True)
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "100")


def steps(block: Block) -> Iterator[tuple[str, str]]:
    """The (command, output) pairs of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


@pytest.mark.parametrize("block", [block for block in RUN if block.language == "console"], ids=str)
def test_a_console_block_prints_what_it_shows(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert block.text.startswith("$ ")
    for command, expected in steps(block):
        environment, arguments = words(command)
        assert arguments[0] == "dateline", f"{block}: only dateline commands are run"
        with monkeypatch.context() as during:
            for name, value in environment.items():
                during.setenv(name, value)
            during.setattr(sys, "argv", arguments)
            during.setattr(sys, "stdin", io.StringIO(""))
            with pytest.raises(SystemExit) as ended:
                main()
        shown = capsys.readouterr()
        assert ended.value.code in {0, None, 3}, f"{block}: {command}\n{shown.err}"
        if expected.strip():
            assert doctest.OutputChecker().check_output(expected, shown.out, _SAME), f"{command}\n{shown.out}"


@pytest.mark.parametrize("block", [block for block in RUN if block.language == "python"], ids=str)
@pytest.mark.filterwarnings("ignore")  # of libraries that are imported
def test_a_python_block_runs(block: Block):
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.parametrize(("block", "line"), READ, ids=str)
def test_a_command_that_is_only_shown_is_one_that_the_command_line_knows(block: Block, line: str):
    _, arguments = words(re.sub(r"^.*?\b(?=dateline )", "", line.strip()))
    own = takewhile(lambda argument: argument not in {"&", ">", ">>", "|"}, arguments[1:])
    accepts(list(own))


def test_every_link_within_the_docs_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_list_of_doors_names_tests_that_there_are():
    listed = (ROOT / "docs" / "doors.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)(?: -k (\w+|\"[^\"`]+\"))?", listed)
    assert len(named) > 50
    for file, chosen in named:
        tests = re.findall(r"def (test_\w+)", (ROOT / "tests" / file).read_text(encoding="utf-8"))
        for word in chosen.strip('"').split(" or "):
            assert any(word in test for test in tests), f"{file} has no test of {word!r}"


def test_the_reference_is_current():
    from docs.reference import DOCS, commands, reference, settings

    for name, text in (("reference.md", reference()), ("cli.md", commands()), ("settings.md", settings())):
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"run `python -m docs.reference`: {name} is not new"
