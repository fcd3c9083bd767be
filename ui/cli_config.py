"""`dateline config`: each setting, its value, and where that came from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = "dateline config\n\ndateline config --json\n\nDATELINE_CITATIONS=5 dateline config --archive DIR"

_PIPED_WIDTH = 200  # columns: a line a setting, for grep


def config(
    archive: Annotated[Path | None, typer.Option("--archive", "-a", help="As a flag of any command gives it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")] = False,
) -> None:
    """Print each setting, its value, and where it came from: a flag, the environment, dateline.toml, or the default."""
    from rag.config import explain

    found = explain(archive=archive)
    if as_json:
        typer.echo(json.dumps([origin.to_dict() for origin in found], ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", "from", "what it is", box=None, pad_edge=False)
    for origin in found:
        table.add_row(origin.name, origin.shown, origin.source, origin.meaning)
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(highlight=False, markup=False, width=width).print(table)
