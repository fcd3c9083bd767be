"""`dateline config`: each setting, its value, and where that came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from index.__main__ import print_table
from ui.cli_options import JsonOption, print_json

EXAMPLES = "dateline config\n\ndateline config --json\n\nDATELINE_CITATIONS=5 dateline config --archive DIR"


def config(
    archive: Annotated[Path | None, typer.Option("--archive", "-a", help="As a flag of any command gives it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print each setting, its value, and where it came from: a flag, the environment, dateline.toml, or the default."""
    from rag.config import explain

    found = explain(archive=archive)
    if as_json:
        print_json([origin.to_dict() for origin in found])
        return
    rows = ((origin.name, origin.shown, origin.source, origin.meaning) for origin in found)
    print_table(rows, "setting", "value", "from", "what it is")
