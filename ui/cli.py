"""The `dateline` command: the archive's commands from `index`, and ask, chat, serve, mcp, eval and doctor.

Exit codes: 0 done (answered), 1 an error, 2 a wrong command line, 3 asked and not answered (an abstention), 130
interrupted.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from index import __main__ as archive_commands
from index.errors import DatelineError
from ui import cli_ask, cli_config, cli_watch
from ui.cli_options import ArchiveOption, JsonOption, print_json

if TYPE_CHECKING:
    from rag.config import Settings

ARCHIVE_COMMANDS = frozenset({"rebuild", "add", "delete", "status", "verify"})

app = typer.Typer(
    name="dateline",
    help="Ask a news archive. Every answer cites its source sentence and the date it was published.",
    epilog="Start with: dateline rebuild PATH --archive DIR, then: dateline chat --archive DIR\n\n"
    "Exit codes: 0 done, 1 an error, 2 a wrong command line, 3 asked and not answered, 130 interrupted.",
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
app.command(epilog=cli_ask.EXAMPLES)(cli_ask.ask)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dateline {importlib.metadata.version('dateline')}")
        raise typer.Exit


@app.callback()
def settle(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Gives the archive's own commands the settings' archive and model as their defaults."""
    # A question's products are small. Threads that share one wait for each other, and where other work has the cores
    # they took 1.5 s instead of 17 ms; numpy is not loaded yet, so it will have one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if context.invoked_subcommand not in ARCHIVE_COMMANDS:
        return
    settings = _settings(None)
    archive = {"archive": str(settings.archive)}
    context.default_map = {
        name: archive | ({"model": settings.model} if name in {"rebuild", "add"} else {}) for name in ARCHIVE_COMMANDS
    }


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
        cli_ask.chat_here(cli_ask.opened(archive))
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
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)  # the line alone is printed
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
    from rag.evaluation import evaluate, read_questions

    asked = read_questions(questions)
    assistant = cli_ask.opened(archive)
    with archive_commands.Bar() as bar:
        bar.stage("Asking", len(asked))
        report = evaluate(assistant, asked, progress=lambda _: bar.advance(1))
    if as_json:
        print_json(report.to_dict())
    else:
        archive_commands.print_table(report.table(), "figure", "value")


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
        print_json([asdict(finding) for finding in findings])
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


def _examples(path: Path | None, at_most: int = 4) -> list[str]:
    """A few answerable questions from over the whole file, the first among them."""
    if path is None:
        return []
    from rag.evaluation import read_questions

    asked = [question.question for question in read_questions(path) if question.answerable]
    return asked[:: max(1, -(-len(asked) // at_most))]


if __name__ == "__main__":
    main()
