"""The web chat and what it is served with: each archive's page, the HTTP and MCP doors, login and limits."""

from __future__ import annotations

import os
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio when it is imported

import gradio as gr
from starlette.middleware import Middleware

from rag.config import load_settings
from ui.archives import Archives
from ui.auth import read_users
from ui.desk import Desk
from ui.limits import LOGINS, BoundedBody, Buckets, LoginLimit, login_failures
from ui.page import page
from ui.policy import ContentPolicy
from ui.server import Server
from ui.site import Rooted, build_site

if TYPE_CHECKING:
    from rag import Assistant
    from rag.config import Settings

ASSETS = Path(__file__).parent / "assets"
BODY_SIZE = 16 * 1024 * 1024  # the page sends its whole conversation, citations included, with each question
LOGIN = f"Dateline: log in. {LOGINS}"


def build_app(
    archive: Assistant | str | Path, *, settings: Settings | None = None, questions: Sequence[str] = ()
) -> gr.Blocks:
    """The page as Gradio blocks; `launch` serves it. `questions` are offered as examples to click."""
    return page(Desk(archive, settings), questions, ())


def launch(
    archive: str | Path,
    *,
    also: Sequence[Path] = (),
    settings: Settings | None = None,
    questions: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
) -> Server:
    """Serves the page and the HTTP and MCP doors, and returns at once; `block_thread` of what it returns waits.

    Each archive of `also` has a page of its own, at archives/NAME/; the HTTP and MCP doors ask the first archive.
    Raises DatelineError where the port is taken, SettingsError where the users of the login cannot be read or the
    archives cannot be told apart.
    """
    settings = settings or load_settings()
    archives = Archives.opened(Path(archive), also, settings)
    door = read_users(settings.auth.get_secret_value()).door() if settings.auth else None
    site = build_site(archives.desks[0], settings)
    asked = Buckets(settings.chat_rate_limit) if settings.chat_rate_limit else None
    failures = login_failures()  # of all pages together
    for desk in reversed(archives.desks):  # the first, at "/", would take what is meant for the others
        gr.mount_gradio_app(
            site,
            page(desk, questions if desk is archives.desks[0] else (), archives.beside(desk), asked),
            path=archives.path(desk),
            ssr_mode=False,
            run_history=False,
            footer_links=[],
            enable_monitoring=False,
            mcp_server=False,
            show_error=False,
            max_file_size="1kb",  # nothing is uploaded here, so the library's upload door stays all but shut
            auth=door,  # gradio awaits what is a coroutine
            auth_message=LOGIN if door else None,
            root_path=(settings.root_path + archives.path(desk)).rstrip("/") if settings.root_path else None,
            theme=_theme(),
            css_paths=ASSETS / "chat.css",
            js=(ASSETS / "chat.js").read_text(encoding="utf-8"),
            app_kwargs={
                "middleware": [
                    Middleware(ContentPolicy),
                    Middleware(BoundedBody, size=BODY_SIZE),
                    Middleware(LoginLimit, failures=failures),
                    Middleware(Rooted, root_path=settings.root_path, below=archives.path(desk)),
                ]
            },
        )
    server = Server(site, host, port)
    server.start()
    threading.Thread(target=_prepare, args=[archives.desks], name="prepare", daemon=True).start()
    if open_browser:
        webbrowser.open(server.local_url)
    return server


def _prepare(desks: Sequence[Desk]) -> None:
    for desk in desks:
        desk.prepare()


def _theme() -> gr.themes.Base:
    sans = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif")
    mono = ("ui-monospace", "Consolas", "Liberation Mono", "monospace")
    return gr.themes.Default(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=sans,
        font_mono=mono,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        button_primary_background_fill="*primary_700",  # the login's, whose white text would not stand out from 500
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_600",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
    )
