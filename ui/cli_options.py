"""What the commands of `dateline` share: options of the same meaning, and JSON as all of them print it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

ArchiveOption = Annotated[
    Path | None, typer.Option("--archive", "-a", help="The archive's folder; from the settings where not given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def print_json(value: Any) -> None:
    """Prints a value for a program to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
