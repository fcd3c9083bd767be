"""The code blocks of the README and the docs, and what the command line says of the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from ui.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: the page and line where it stands, its language, and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> Iterator[Block]:
    """Every block in one of the languages, page by page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            if match[1] in languages:
                yield Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])


def accepts(arguments: Sequence[str]) -> None:
    """Raises where the `dateline` command does not know the command that is named first, or an argument after it."""
    group: Any = typer.main.get_command(app)
    group.commands[arguments[0]].make_context(arguments[0], list(arguments[1:])).close()


def words(command: str) -> tuple[dict[str, str], list[str]]:
    """A command's settings of the environment, and its words."""
    parts = shlex.split(command, comments=True)
    count = next((at for at, part in enumerate(parts) if not re.match(r"[A-Z_]+=", part)), len(parts))
    return dict(part.split("=", 1) for part in parts[:count]), parts[count:]
