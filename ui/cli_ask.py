"""`dateline ask`, and the chat in the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from index.errors import DatelineError, QuestionError
from ui.cli_options import ArchiveOption, JsonOption, print_json

if TYPE_CHECKING:
    from rag import Assistant
    from rag.answer import Answer, Turn

ABSTAINED = 3
EXAMPLES = (
    "dateline ask 'what did Belarus and Iran sign?' --as-of 2025-08-31\n\n"
    "dateline ask 'who won the final?' --source 'Example Wire' --from 2025-07-01 --to 2025-07-31 --json\n\n"
    "Exit code 3 says that the archive has no answer."
)
LOADING = "Loading the language model, then looking through the archive …"


def day(text: str) -> date:
    """A day written as 2025-08-31."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2025-08-31") from None


def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    archive: ArchiveOption = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DAY", help="Answer as if it were this day: nothing published later is seen."),
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=day, metavar="DAY", help="Only what was published from this day on.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DAY", help="Only what was published up to this day.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be given several times.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, with each cited sentence, its date, source, title and url."""
    from index.store import Filter

    if first and last and first > last:
        raise typer.BadParameter(f"the range ends before it begins: it is from {first} to {last}")
    assistant = opened(archive)
    where = Filter(first, last, frozenset(_sources(assistant, source or ())))
    with _waiting(assistant):
        answer = assistant.ask(question, as_of=as_of, where=where)
    if as_json:
        print_json(answer.to_dict())
    else:
        _print(answer)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


def chat_here(assistant: Assistant) -> None:
    """Chats in the terminal until an empty line or the end of the input; Ctrl-C ends the answer under way."""
    from rag.answer import Turn

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # the line that is typed can be edited, and earlier ones called back

    typer.echo(f"{assistant.coverage()} An empty line ends the chat.")
    history: list[Turn] = []
    while question := _typed():
        try:
            with _waiting(assistant):
                answer = assistant.ask(question, history=history)
        except DatelineError as error:
            typer.echo(f"error: {error}", err=True)
            continue
        except KeyboardInterrupt:
            typer.echo("Stopped before there was an answer.", err=True)
            continue
        _print(answer)
        typer.echo()
        history.append(Turn(question, answer.text))


def opened(archive: Path | None) -> Assistant:
    """The assistant on the archive given, or on the settings'."""
    from rag import Assistant
    from rag.config import load_settings

    return Assistant(settings=load_settings(archive=archive))


def _sources(assistant: Assistant, names: Sequence[str]) -> list[str]:
    """The names as the archive writes them. Raises QuestionError for one that it does not have."""
    held = {name.casefold(): name for name, _ in assistant.coverage().sources}
    for name in names:
        if name.casefold() not in held:
            near = get_close_matches(name.casefold(), held, n=1)
            meant = f"Did you mean {held[near[0]]!r}?" if near else "`dateline status` lists those that it has."
            raise QuestionError(f"The archive has no source {name!r}. {meant}")
    return [held[name.casefold()] for name in names]


def _waiting(assistant: Assistant) -> contextlib.AbstractContextManager[object]:
    """Says on a terminal what is waited for; nothing in a pipe."""
    from ui.wording import SEARCHING

    return Console(stderr=True).status(SEARCHING if assistant.is_warm else LOADING)


def _typed() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _print(answer: Answer) -> None:
    from ui.terminal import answer_lines

    _print_lines(answer_lines(answer))


def _print_lines(lines: Iterable[tuple[str, str]]) -> None:
    # Wrapped by the terminal, not by us: a copied sentence or a piped line stays whole.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    for style, line in lines:
        console.print(line, style=style or None)
