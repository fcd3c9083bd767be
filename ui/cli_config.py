"""`dateline config`: each setting, its value, and where that came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from index.__main__ import print_table

EXAMPLES = "dateline config\n\ndateline config --json\n\nDATELINE_CITATIONS=5 dateline config --archive DIR"


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
    rows = ((origin.name, origin.shown, origin.source, origin.meaning) for origin in found)
    print_table(rows, "setting", "value", "from", "what it is")
