"""The web chat: a Gradio ChatInterface beside a source panel that is rebuilt from the messages themselves."""

from __future__ import annotations

import logging
import os
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio when it is imported

import gradio as gr
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import DatelineError, QuestionError
from index.store import Coverage, Filter
from rag.answer import Turn
from rag.config import load_settings
from ui.desk import Desk
from ui.faces import example_questions, face_html, head_html, welcome_html
from ui.limits import BoundedBody
from ui.server import Server
from ui.site import build_site
from ui.sources import Kept, answer_html, pack, panel_html, unpack

if TYPE_CHECKING:
    from rag import Assistant
    from rag.config import Settings

log = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"
ASKING_AT_ONCE = 4
WAITING_AT_MOST = 32
BODY_SIZE = 16 * 1024 * 1024  # the page sends its whole conversation, citations included, with each question
SEARCHING = "Looking through the archive …"
LOADING = "Loading the language model, then looking through the archive: the first answer takes a few seconds …"
FAILED = "Something went wrong in Dateline itself; its log says what. Other questions may still be answered."
PROMPT = "Ask about the news …"
FALLBACK_QUESTIONS = ("What happened last week?",)
# Gradio's own page needs inline scripts and styles. Nothing may be fetched from, or sent to, another host.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)

History = list[dict[str, Any]]


def build_app(
    archive: Assistant | str | Path, *, settings: Settings | None = None, questions: Sequence[str] = ()
) -> gr.Blocks:
    """The page as Gradio blocks; `launch` serves it. `questions` are offered as examples to click."""
    return _page(Desk(archive, settings), questions)


def _page(desk: Desk, questions: Sequence[str]) -> gr.Blocks:
    app = gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        head = gr.HTML(head_html(None), elem_id="dl-head", apply_default_css=False, js_on_load=None)
        with gr.Row(elem_id="dl-main", equal_height=False):
            with gr.Column(scale=3, min_width=300, elem_id="dl-left"):
                chat = _chat(desk, questions or FALLBACK_QUESTIONS)
            with gr.Column(scale=2, min_width=300, elem_id="dl-right"):
                panel = gr.HTML(
                    panel_html(None, desk.find), elem_id="dl-sources", apply_default_css=False, js_on_load=None
                )
        _wire(app, desk, chat, panel, head, keep_examples=bool(questions))
    app.queue(max_size=WAITING_AT_MOST, default_concurrency_limit=ASKING_AT_ONCE)
    return app


def launch(
    archive: Assistant | str | Path,
    *,
    settings: Settings | None = None,
    questions: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
) -> Server:
    """Serves the page and the HTTP and MCP doors, and returns at once; `block_thread` of what it returns waits.

    Raises DatelineError where the port is taken.
    """
    desk = Desk(archive, settings)
    site = build_site(desk, settings or load_settings())
    gr.mount_gradio_app(
        site,
        _page(desk, questions),
        path="/",
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        mcp_server=False,
        show_error=False,
        max_file_size="1kb",  # nothing is uploaded here, so the library's upload door stays all but shut
        theme=_theme(),
        css_paths=ASSETS / "chat.css",
        js=(ASSETS / "chat.js").read_text(encoding="utf-8"),
        app_kwargs={"middleware": [Middleware(_ContentPolicy), Middleware(BoundedBody, size=BODY_SIZE)]},
    )
    server = Server(site, host, port)
    server.start()
    threading.Thread(target=desk.warm, name="warm", daemon=True).start()
    if open_browser:
        webbrowser.open(server.local_url)
    return server


def _chat(desk: Desk, questions: Sequence[str]) -> gr.ChatInterface:
    as_of = gr.Textbox(
        label="As of",
        info="Answer as if it were this day: nothing published later is seen.",
        placeholder="YYYY-MM-DD",
        max_lines=1,
        render=False,
    )
    sources = gr.Dropdown(
        [], multiselect=True, label="Sources", info="Only these outlets; none chosen means all.", render=False
    )
    chatbot = gr.Chatbot(
        elem_id="dl-chat",
        show_label=False,
        height="100%",
        scale=1,
        buttons=[],  # they would copy our markup; the panel copies the answer with its citations
        latex_delimiters=[],
        allow_tags=False,
        feedback_options=None,
        placeholder=welcome_html(None),
        layout="bubble",
        render=False,
    )
    textbox = gr.Textbox(
        show_label=False,
        label="Your question",
        placeholder=PROMPT,
        submit_btn=True,
        stop_btn=True,
        autofocus=True,
        max_lines=5,
        render=False,
        elem_id="dl-question",
    )

    def respond(message: str, history: History, as_of: str | None, chosen: list[str]) -> Iterator[dict[str, Any]]:
        yield _said(face_html("Searching", SEARCHING if desk.is_warm else LOADING, "wait"))
        try:
            yield from _answers(desk, message, history, as_of, chosen)
        except DatelineError as error:
            yield _said(face_html("This question could not be answered", str(error)))
        except Exception:  # the reader must not be left waiting, whatever went wrong
            log.exception("A question failed.")
            yield _said(face_html("This question could not be answered", FAILED))

    return gr.ChatInterface(
        respond,
        chatbot=chatbot,
        textbox=textbox,
        additional_inputs=[as_of, sources],
        additional_inputs_accordion=gr.Accordion("Filters", open=False, render=False, elem_id="dl-filters"),
        examples=[[question] for question in questions],
        editable=True,
        autofocus=True,
        show_progress="hidden",
        concurrency_limit=ASKING_AT_ONCE,
        api_visibility="private",
        analytics_enabled=False,
        fill_height=True,
    )


def _answers(
    desk: Desk, message: str, history: History, day: str | None, chosen: list[str]
) -> Iterator[dict[str, Any]]:
    turn = 1 + sum(said["role"] == "user" for said in history)
    where = Filter(sources=frozenset(chosen)) if chosen else None
    for answer in desk.assistant().stream(message, as_of=_day(day), history=_turns(history), where=where):
        yield _said(answer_html(answer, turn), pack(answer))


def _day(typed: str | None) -> date | None:
    if not typed or not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise QuestionError(f"{typed.strip()!r} is not a day. Write it as 2025-08-31, or leave it empty.") from None


def _wire(
    app: gr.Blocks,
    desk: Desk,
    chat: gr.ChatInterface,
    panel: gr.HTML,
    head: gr.HTML,
    *,
    keep_examples: bool,
) -> None:
    """The panel follows the conversation: its last turn, or the turn that is clicked; and both outlive a reload."""
    # Not a secret: what the browser keeps is the reader's own conversation, and must outlive the server.
    kept = gr.BrowserState([], storage_key=f"dateline-{desk.key}", secret=desk.key)

    def latest(history: History) -> tuple[str, History, Any]:
        answered = _answered(history)
        prompt = gr.update(placeholder=PROMPT)  # ChatInterface clears it at the first question
        return panel_html(_kept(answered, len(answered) - 1), desk.find), answered, prompt

    def chosen(history: History, event: gr.SelectData) -> str:
        place = event.index[0] if isinstance(event.index, list | tuple) else event.index
        return panel_html(_kept(history, int(place)), desk.find)

    def greet(conversation: History, request: gr.Request) -> tuple[Any, ...]:
        try:
            coverage: Coverage | DatelineError = desk.assistant().coverage()
        except DatelineError as error:
            coverage = error
        names = [name for name, _ in coverage.sources] if isinstance(coverage, Coverage) else []
        welcome = gr.update(placeholder=welcome_html(coverage))
        if not (keep_examples and names):
            welcome["examples"] = [{"text": question} for question in example_questions(coverage)]
        linked = request.query_params.get("as_of")
        day = gr.update(value=linked) if linked else gr.skip()  # what was typed meanwhile stays
        return head_html(coverage), welcome, gr.update(choices=names), day, conversation or []

    as_of, sources = chat.additional_inputs
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    chat.chatbot.select(chosen, [chat.chatbot], [panel], queue=False, **quiet)
    chat.chatbot.change(latest, [chat.chatbot], [panel, kept, chat.textbox], queue=False, **quiet)
    app.load(greet, [kept], [head, chat.chatbot, sources, as_of, chat.chatbot_value], **quiet)


def _said(content: str, packed: str | None = None) -> dict[str, Any]:
    # The one place in a Gradio message that is kept and not shown is the id of its metadata.
    return {"role": "assistant", "content": content, "metadata": {"id": packed} if packed else {}}


def _kept(history: History, place: int) -> Kept | None:
    """The answer at a place in the conversation, or the next after it, where a question was clicked."""
    for at in range(max(place, 0), min(place + 2, len(history))):
        answer = unpack((history[at].get("metadata") or {}).get("id"))
        if answer is not None:
            return Kept(answer, sum(said["role"] == "user" for said in history[:at]))
    return None


def _answered(history: History) -> History:
    """The conversation up to its last answer: what is still being asked, or was stopped, is left out."""
    ends = [place for place, said in enumerate(history, 1) if (said.get("metadata") or {}).get("id")]
    return history[: ends[-1]] if ends else []


def _turns(history: History) -> list[Turn]:
    kept = (unpack((said.get("metadata") or {}).get("id")) for said in history if said["role"] == "assistant")
    return [Turn(answer.question, answer.text) for answer in kept if answer is not None]


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
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_600",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
    )


class _ContentPolicy:
    """Adds the content security policy and its kin to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"content-security-policy", POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, send_with_policy)
