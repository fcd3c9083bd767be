"""The `dateline` command as a person or a program meets it: a process, its output and its exit code."""

import io
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rag.answer import Answer, Citation, EventDate
from ui.cli import main
from ui.terminal import answer_lines, printable
from ui.wording import days_name

COMMANDS = (
    *("rebuild", "add", "delete", "status", "verify", "watch"),
    *("ask", "chat", "serve", "mcp", "eval", "doctor", "config"),
)
QUESTION = "what did Belarus and Iran sign?"
UNANSWERED = "Who won the curling match on Mars?"
SENTENCE = (
    "Belarus and Iran signed a package of 13 documents on Aug. 20, when President Alexander Lukashenko received "
    "his Iranian counterpart, Masoud Pezeshkian, in the Belarusian capital."
)


def dateline(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **environment: str):
    """Runs the command with nothing of this machine's own settings, and gives the finished process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    paths = os.pathsep.join([str(Path(__file__).parents[1]), kept.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "ui.cli", *map(str, arguments)],
        input=stdin,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env=kept | {"PYTHONPATH": paths} | environment,
    )


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command in this process, which has the models' libraries loaded: gives its exit code and output."""

    def run(*arguments: str | Path, stdin: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return run


def test_help_names_every_command_and_the_exit_codes():
    shown = dateline("--help")
    assert shown.returncode == 0
