"""The index rebuild script: `python -m index rebuild PATH... --archive DIR`. The same commands are in `dateline`."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from index.errors import DatelineError

ArchiveOption = Annotated[
    Path, typer.Option("--archive", "-a", envvar="DATELINE_ARCHIVE", help="The archive's folder.")
]
PathsArgument = Annotated[list[Path], typer.Argument(help="Files and folders of articles.", show_default=False)]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", envvar="DATELINE_MODEL", help="The embedding model: a folder or a hub name.", show_default=False
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="Our field name and yours, as title=hed; may be given again.", show_default=False),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Stop at the first item that cannot be read.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help="Embed on a Dask cluster: the address of its scheduler, tcp://host:8786.",
        show_default=False,
    ),
]
KeepOption = Annotated[int, typer.Option("--keep", min=1, help="How many generations to keep.")]

DEFAULT_ARCHIVE = Path("archive")
_SHOWN = 20  # items that could not be read, named one by one; the rest are counted

app = typer.Typer(
    name="index",
    help="Builds and looks after an archive of news articles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class Bar:
    """A build's progress on a terminal: stage, count, rate and time left; nothing where output is piped."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=_err,
            disable=not _err.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begins a stage; the one before it is taken as done."""
        if self._task is not None:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=done)
        self._task = self._progress.add_task(name, total=total, rate="")

    def advance(self, steps: int) -> None:
        """Moves the stage on."""
        if self._task is not None:
            speed = self._progress.tasks[self._task].speed
            self._progress.update(self._task, advance=steps, rate=f"{speed:,.0f}/s" if speed else "")


@app.command(epilog="Example: python -m index rebuild articles/ feed.xml --archive archive --map title=hed")
def rebuild(
    paths: PathsArgument,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    model: ModelOption = None,
    mapping: MapOption = None,
    strict: StrictOption = False,
    keep: KeepOption = 3,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the archive anew from files and folders, and swap it in whole.

    Reads text dumps, HTML, JSON, JSONL, CSV, RSS and Atom, news sitemaps, WARC, and folders of them, plain or as
    .gz or .zst. What was embedded before is not embedded again; stop it at any time, and it resumes.
    """
    _run_build("rebuild", paths, archive, model, mapping, strict, keep, scheduler, as_json)


@app.command(epilog="Example: python -m index add today.jsonl --archive archive")
def add(
    paths: PathsArgument,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    model: ModelOption = None,
    mapping: MapOption = None,
    strict: StrictOption = False,
    keep: KeepOption = 3,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add articles to the archive; those it already has are passed over."""
    _run_build("add", paths, archive, model, mapping, strict, keep, scheduler, as_json)


def _run_build(
    command: str,
    paths: list[Path],
    archive: Path,
    model: str | None,
    mapping: list[str] | None,
    strict: bool,
    keep: int,
    scheduler: str | None,
    as_json: bool,
) -> None:
    # Heavy modules are imported by the commands that need them, so that --help answers at once.
    from index import rebuild as builds
    from index.build import BuildReport, Input
    from index.embedding import DEFAULT_MODEL, SentenceTransformerEmbedder
    from index.sources import parse_mapping

    pages = Input(paths, parse_mapping(mapping or []), strict)
    name = model or DEFAULT_MODEL
    run: Callable[..., BuildReport] = builds.rebuild if command == "rebuild" else builds.add
    if scheduler is None:
        with Bar() as bar:
            report = run(archive, pages, SentenceTransformerEmbedder(name), progress=bar, keep=keep)
    else:
        from index.cluster import connected

        with connected(scheduler, name) as embedder, Bar() as bar:
            report = run(archive, pages, embedder, progress=bar, keep=keep, chunk=embedder.chunk)
    for skip in report.skips[:_SHOWN]:
        _err.print(f"skipped {skip.origin}: {skip.reason}", markup=False)
    if report.skipped > _SHOWN:
        _err.print(f"… and {report.skipped - _SHOWN:,} more", markup=False)
    if report.unchanged:
        _err.print(f"Nothing has changed since generation {report.generation} was built, so it stays.")
    _show(report.to_dict(), as_json, hidden=("skips", "unchanged"))


@app.command(epilog="Example: python -m index delete https://news.example/story --archive archive")
def delete(
    targets: Annotated[list[str], typer.Argument(help="Ids or urls of articles.", show_default=False)],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    keep: KeepOption = 3,
    as_json: JsonOption = False,
) -> None:
    """Remove articles, by id or url. Generations kept from before still hold them until they are pruned."""
    from index import rebuild as builds

    report = builds.delete(archive, targets, keep=keep)
    _show({name: getattr(report, name) for name in ("generation", "deleted", "articles", "passages")}, as_json)


@app.command()
def status(archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False) -> None:
    """Say what the archive holds, which model made it, and which generations there are."""
    from index.faiss_store import open_archive
    from index.generation import ArchivePaths

    store = open_archive(archive)
    coverage, manifest = store.coverage(), store.manifest
    store.close()
    facts = {
        "archive": str(archive),
        "generation": manifest.name,
        "created": manifest.created,
        "kept": ArchivePaths(archive).names(),
        "model": manifest.model.name,
        "revision": manifest.model.revision,
        "dimension": manifest.model.dimension,
        "articles": coverage.articles,
        "passages": manifest.passages,
        "first": coverage.first.isoformat() if coverage.first else None,
        "last": coverage.last.isoformat() if coverage.last else None,
        "undated": coverage.undated,
        "sources": dict(coverage.sources),
    }
    _show(facts, as_json)


@app.command()
def verify(archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False) -> None:
    """Check every kept generation: checksums, spans, vectors and full text. Exits with 1 where one is damaged."""
    from index.verify import verify_archive

    results = verify_archive(archive)
    _show({result.generation: result.problem or "whole" for result in results}, as_json)
    if any(result.problem for result in results):
        raise typer.Exit(1)


@app.command()
def copy(
    source: Annotated[str, typer.Argument(help="The archive: a folder, or the url of a store.", show_default=False)],
    target: Annotated[str, typer.Argument(help="A postgresql:// or milvus:// url.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Make a database serve what an archive holds. Only what differs moves; all is read back before it is served.

    Stop it at any time: what was served stays, and the next copy goes on. Ask it with DATELINE_STORE=URL.
    """
    from index import copying
    from index.stores import open_store, open_target

    opened = open_store(source)
    try:
        with Bar() as bar:
            report = copying.copy(opened, open_target(target), progress=bar)
    finally:
        opened.close()
    _show(asdict(report), as_json)


def print_table(rows: Iterable[Sequence[str]], *head: str) -> None:
    """Columns side by side: on a terminal wrapped to its width, in a pipe one line a row, however long."""
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        table = Table(*head, show_header=bool(head), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        return
    lines = [*([head] if head else []), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        sys.stdout.write("  ".join(map(str.ljust, line, widths)).rstrip() + "\n")


def _show(facts: dict[str, Any], as_json: bool, hidden: tuple[str, ...] = ()) -> None:
    if as_json:
        sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
        return
    print_table((name, _shown(value)) for name, value in facts.items() if name not in hidden)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ({count})" for name, count in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "none")


def main() -> None:
    """Runs the script; an error meant for people is one line, and exit code 1."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    try:
        app()
    except DatelineError as error:
        _err.print(f"error: {error}", style="red", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
