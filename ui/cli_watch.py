"""`dateline watch`: feeds into the archive, once or on a schedule."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli_options import ArchiveOption

if TYPE_CHECKING:
    from index.watch import Round

EXAMPLES = (
    "dateline watch https://news.example/rss.xml https://other.example/sitemap-news.xml --every 10m\n\n"
    "dateline watch https://news.example/atom.xml --once --archive DIR\n\n"
    "With --once, exit code 1 says that a feed was not read."
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> float:
    """The seconds in a length of time such as 90s, 10m, 2h or 1d; a bare number is minutes."""
    match = re.fullmatch(r"(\d{1,6})\s*([smhd]?)", text.strip().lower())
    if match is None or not int(match[1]):
        raise typer.BadParameter(f"{text!r} is no length of time: write 90s, 10m, 2h or 1d")
    return float(int(match[1]) * _UNITS[match[2] or "m"])


def watch(
    feeds: Annotated[list[str], typer.Argument(help="Addresses of RSS, Atom or news sitemaps.", show_default=False)],
    archive: ArchiveOption = None,
    every: Annotated[
        float, typer.Option(parser=seconds, metavar="TIME", help="Time between two rounds: 90s, 10m, 2h.")
    ] = "10m",  # type: ignore[assignment]  # typer parses a default as it does what is typed
    once: Annotated[bool, typer.Option("--once", help="Read the feeds once and end.")] = False,
    summaries: Annotated[
        bool, typer.Option("--summaries", help="Keep what the feeds say; fetch no article pages.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let feeds and pages lie on this machine or its own network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON a round, for a program.")] = False,
) -> None:
    """Add new articles from feeds to the archive, again and again, while the chat goes on answering.

    Feeds are asked only for what changed; robots.txt and the servers' wishes are honoured; a page is fetched where
    the feed gives only a summary. What fails is reported and tried again later. Ctrl-C ends it at any time.
    """
    from index.embedding import SentenceTransformerEmbedder
    from index.watch import Manner
    from index.watch import watch as run
    from rag.config import load_settings

    settings = load_settings(archive=archive)
    embedder = SentenceTransformerEmbedder(settings.model, device=settings.device)
    manner = Manner(summaries=summaries, allow_private=allow_private)
    with contextlib.suppress(KeyboardInterrupt):
        last = run(
            settings.archive,
            feeds,
            embedder,
            manner=manner,
            every=None if once else every,
            told=lambda done: _tell(done, as_json),
        )
        if last.read < len(set(feeds)):
            raise typer.Exit(1)


def _tell(done: Round, as_json: bool) -> None:
    if as_json:
        problems = [{"origin": problem.origin, "reason": problem.reason} for problem in done.problems]
        facts = {
            **{name: getattr(done, name) for name in ("read", "unchanged", "put_off", "new", "added", "waiting")},
            "generation": done.build.generation if done.build else None,
            "problems": problems,
        }
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for problem in done.problems:
        typer.echo(f"{problem.origin}: {problem.reason}", err=True)
    now = f"{datetime.now():%H:%M}"
    counts = f"{done.read} read ({done.unchanged} unchanged, {done.put_off} put off), {done.new} new entries"
    left = f", {done.waiting} waiting" if done.waiting else ""
    served = f"; generation {done.build.generation}" if done.build else ""
    typer.echo(f"{now}  {counts}, {done.added} articles added{left}{served}")
