"""The `dateline` command: the archive's commands from `index`, and ask, chat, serve, mcp, eval and doctor.

Exit codes: 0 done (answered), 1 an error, 2 a wrong command line, 3 asked and not answered (an abstention).
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from index import __main__ as archive_commands
from index.errors import DatelineError
from ui import cli_config, cli_watch

if TYPE_CHECKING:
    from rag import Assistant
    from rag.answer import Turn
    from rag.config import Settings

ABSTAINED = 3
ARCHIVE_COMMANDS = frozenset({"rebuild", "add", "delete", "status", "verify"})

app = typer.Typer(
    name="dateline",
    help="Ask a news archive. Every answer cites its source sentence and the date it was published.",
    epilog="Start with: dateline rebuild PATH --archive DIR, then: dateline chat --archive DIR\n\n"
    "Exit codes: 0 done, 1 an error, 2 a wrong command line, 3 asked and not answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
EXAMPLES: dict[Callable[..., None], str] = {
    archive_commands.rebuild: "dateline rebuild articles/ feed.xml --archive DIR\n\n"
    "dateline rebuild dump.csv --map title=hed",
    archive_commands.add: "dateline add today.jsonl --archive DIR",
    archive_commands.delete: "dateline delete https://news.example/story --archive DIR",
    archive_commands.status: "dateline status --archive DIR --json",
    archive_commands.verify: "dateline verify --archive DIR",
    archive_commands.copy: "dateline copy DIR postgresql://host/news\n\ndateline copy DIR milvus://host:19530/news",
}
for command, examples in EXAMPLES.items():
    app.command(epilog=examples)(command)
app.command(epilog=cli_watch.EXAMPLES)(cli_watch.watch)
app.command(epilog=cli_config.EXAMPLES)(cli_config.config)


@app.callback()
def settle(context: typer.Context) -> None:
    """Gives the archive's own commands the settings' archive and model as their defaults."""
    if context.invoked_subcommand not in ARCHIVE_COMMANDS:
        return
    settings = _settings(None)
    archive = {"archive": str(settings.archive)}
    context.default_map = {
        name: archive | ({"model": settings.model} if name in {"rebuild", "add"} else {}) for name in ARCHIVE_COMMANDS
    }


ArchiveOption = Annotated[
    Path | None, typer.Option("--archive", "-a", help="The archive's folder; from the settings where not given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
DayOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Answer as if it were this day: nothing published later is seen."),
]


@app.command(
    epilog="dateline ask 'what did Belarus and Iran sign?' --as-of 2025-08-31\n\n"
    "dateline ask 'who won the final?' --source 'Example Wire' --json\n\n"
    "Exit code 3 says that the archive has no answer."
)
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    archive: ArchiveOption = None,
    as_of: DayOption = None,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be given several times.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, with each cited sentence, its date, source, title and url."""
    from index.store import Filter

    where = Filter(sources=frozenset(source)) if source else None
    answer = _assistant(archive).ask(question, as_of=_day(as_of), where=where)
    if as_json:
        _print_json(answer.to_dict())
    else:
        from ui.terminal import answer_lines

        _print_lines(answer_lines(answer))
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


@app.command(
    epilog="dateline chat --archive DIR --open\n\ndateline chat --host 0.0.0.0 --port 8080\n\ndateline chat --terminal"
)
def chat(
    archive: ArchiveOption = None,
    host: Annotated[str, typer.Option(help="The address to serve on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; the first free one from 7860.")] = None,
    also: Annotated[
        list[Path] | None, typer.Option(help="Another archive to chat with, by its folder; may be given several times.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="A JSONL file of questions; a few are offered as examples.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
    terminal: Annotated[bool, typer.Option("--terminal", help="Chat here, without a browser.")] = False,
) -> None:
    """Chat with the archive in a web page, with the HTTP and MCP doors beside it; or in the terminal."""
    if terminal:
        _chat_here(_assistant(archive))
        return
    from ui.app import launch

    settings = _settings(archive)
    page = launch(
        settings.archive,
        also=also or (),
        settings=settings,
        questions=_examples(questions),
        host=host,
        port=port,
        open_browser=open_browser,
    )
    typer.echo(f"Dateline is at {page.local_url}. Ctrl-C stops it.")
    page.block_thread()


@app.command(epilog="dateline serve --archive DIR --port 8080\n\nThe doors are listed at /api/docs.")
def serve(
    archive: ArchiveOption = None,
    host: Annotated[str, typer.Option(help="The address to serve on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; the first free one from 7860.")] = None,
) -> None:
    """Serve the HTTP and MCP doors without the page."""
    import threading

    from ui.desk import Desk
    from ui.server import Server
    from ui.site import build_site

    settings = _settings(archive)
    desk = Desk(settings.archive, settings)
    server = Server(build_site(desk, settings), host, port)
    server.start()
    threading.Thread(target=desk.warm, name="warm", daemon=True).start()
    typer.echo(f"Dateline's API is at {server.local_url}api/docs. Ctrl-C stops it.")
    server.block_thread()


@app.command(epilog="dateline mcp --archive DIR\n\nOver HTTP the same tools are at /mcp of `dateline chat`.")
def mcp(archive: ArchiveOption = None) -> None:
    """Serve an MCP client on standard input and output: ask_news, search_news, get_article, archive_status."""
    from ui.desk import Desk
    from ui.mcp_server import mcp_server
    from ui.site import build_service

    settings = _settings(archive)
    mcp_server(build_service(Desk(settings.archive, settings), settings)).run("stdio")


@app.command(
    "hash-password", epilog="dateline hash-password alice >> users.txt\n\nDATELINE_AUTH=users.txt dateline chat"
)
def hash_password(user: Annotated[str, typer.Argument(help="The name to log in with.")]) -> None:
    """Make a line for DATELINE_AUTH, which lets a user log in to the chat; the password is asked for, or piped in."""
    from ui import auth

    piped = not sys.stdin.isatty()
    password = (
        sys.stdin.readline().rstrip("\n")
        if piped
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    typer.echo(auth.hash_password(user, password))


@app.command(
    "eval",
    epilog="Each line of QUESTIONS is a JSON object: question, asked (a day), answer, answerable.\n\n"
    "dateline eval questions.jsonl --archive DIR --json > report.json",
)
def evaluate_archive(
    questions: Annotated[Path, typer.Argument(help="A JSONL file of questions whose answers are known.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the archive's answers: hits, abstentions and latency."""
    from rich.progress import MofNCompleteColumn, Progress
    from rich.table import Table

    from rag.evaluation import evaluate, read_questions

    asked = read_questions(questions)
    assistant = _assistant(archive)
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("Asking", total=len(asked))
        report = evaluate(assistant, asked, progress=lambda done: bar.update(task, completed=done))
    if as_json:
        _print_json(report.to_dict())
        return
    table = Table("figure", "value")
    for name, value in report.table():
        table.add_row(name, value)
    Console().print(table)


@app.command(epilog="dateline doctor --archive DIR\n\nExit code 1 says that something needs mending.")
def doctor(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Check Python, packages, settings, disk, the model and the archive, and say the mend of what is wrong."""
    from dataclasses import asdict

    from ui.doctor import examine

    findings = []
    console = Console(soft_wrap=True, highlight=False)
    for finding in examine(archive):
        findings.append(finding)
        if not as_json:
            mark, style = ("ok  ", "green") if finding.ok else ("FAIL", "bold red")
            console.print(
                f"{mark} {finding.name}: {finding.found}", style=style if not finding.ok else "", markup=False
            )
            if not finding.ok and finding.mend:
                console.print(f"     mend: {finding.mend}", markup=False)
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Runs the command line; an error that Dateline raises on purpose is one line on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        app()
    except DatelineError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


def _settings(archive: Path | None) -> Settings:
    from rag.config import load_settings

    return load_settings(archive=archive)


def _assistant(archive: Path | None) -> Assistant:
    from rag import Assistant

    return Assistant(settings=_settings(archive))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _examples(path: Path | None, at_most: int = 4) -> list[str]:
    """A few answerable questions from over the whole file, the first among them."""
    if path is None:
        return []
    from rag.evaluation import read_questions

    asked = [question.question for question in read_questions(path) if question.answerable]
    return asked[:: max(1, -(-len(asked) // at_most))]


def _chat_here(assistant: Assistant) -> None:
    from rag.answer import Turn
    from ui.terminal import answer_lines

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # the line that is typed can be edited, and earlier ones called back

    typer.echo(f"{assistant.coverage()} An empty line ends the chat.")
    history: list[Turn] = []
    while question := _typed():
        try:
            answer = assistant.ask(question, history=history)
        except DatelineError as error:
            typer.echo(f"error: {error}", err=True)
            continue
        _print_lines(answer_lines(answer))
        typer.echo()
        history.append(Turn(question, answer.text))


def _typed() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _print_lines(lines: Iterable[tuple[str, str]]) -> None:
    # Wrapped by the terminal, not by us: a copied sentence or a piped line stays whole.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    for style, line in lines:
        console.print(line, style=style or None)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
