"""The web chat: a Gradio ChatInterface beside a source panel that is rebuilt from the messages themselves."""

from __future__ import annotations

import logging
import os
import threading
import webbrowser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio when it is imported

import gradio as gr
from starlette.middleware import Middleware

from index.errors import DatelineError
from index.store import Coverage
from rag.config import load_settings
from ui.archives import Archives, Neighbour
from ui.auth import read_users
from ui.choices import Choices
from ui.conversation import History, all_kept, answered, kept_at
from ui.desk import Desk
from ui.earlier import Earlier, earlier_html, put_away
from ui.exports import KINDS, export
from ui.faces import about_html, head_html, welcome_html
from ui.feedback import Feedback
from ui.fields import LABEL, Fields
from ui.histogram import histogram_html
from ui.limits import LOGINS, BoundedBody, Buckets, LoginLimit, login_failures
from ui.policy import ContentPolicy
from ui.replies import ASKED_AT_ONCE, IN_LINE_AT_MOST, Replies
from ui.server import Server
from ui.site import Rooted, build_site
from ui.sources import panel_html

if TYPE_CHECKING:
    from rag import Assistant
    from rag.config import Settings

log = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"
BODY_SIZE = 16 * 1024 * 1024  # the page sends its whole conversation, citations included, with each question
PROMPT = "Ask about the news …"
THANKS = "Saved in the archive’s log. Thank you."
# What is said of feedback stands beside it, in a line that a screen reader reads out.
_SAY = """(said) => {
  const line = document.querySelector(".dl-feedback .dl-said");
  if (line) line.textContent = said?.text ?? "";
}"""
LOGIN = f"Dateline: log in. {LOGINS}"
_RUNNING = ASKED_AT_ONCE + IN_LINE_AT_MOST
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# What is exported is saved by the browser itself: the server keeps no file of it.
_SAVE = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: file.media_type }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""
# What is done in the panel is told to the server as an event of the panel.
_PANEL_EVENTS = """
const tell = (button) => {
  const form = button.closest("form"), panel = button.closest(".dl-panel");
  const pressed = form.querySelector("[aria-pressed=true]");
  trigger("submit", { turn: Number(panel.dataset.turn), verdict: pressed.dataset.verdict, reason: form.reason.value });
};
element.addEventListener("click", (event) => {
  const save = event.target.closest("[data-export]"), verdict = event.target.closest("[data-verdict]");
  if (save) trigger("click", { kind: save.dataset.export });
  if (!verdict) return;
  verdict.form.querySelectorAll("[data-verdict]").forEach((other) =>
    other.setAttribute("aria-pressed", String(other === verdict)));
  verdict.form.querySelector(".dl-reason").hidden = false;
  tell(verdict);
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  tell(event.target.querySelector("[type=submit]"));
  event.target.querySelector(".dl-reason").hidden = true;
});
"""
_PAST_EVENTS = """
element.addEventListener("click", (event) => {
  const open = event.target.closest("[data-earlier]"), forget = event.target.closest("[data-forget]");
  if (open) trigger("click", { open: Number(open.dataset.earlier) });
  if (forget) trigger("click", { forget: Number(forget.dataset.forget) });
});
"""


def build_app(
    archive: Assistant | str | Path, *, settings: Settings | None = None, questions: Sequence[str] = ()
) -> gr.Blocks:
    """The page as Gradio blocks; `launch` serves it. `questions` are offered as examples to click."""
    return _page(Desk(archive, settings), questions, ())


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
            _page(desk, questions if desk is archives.desks[0] else (), archives.beside(desk), asked),
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


def _page(desk: Desk, questions: Sequence[str], beside: Sequence[Neighbour], asked: Buckets | None = None) -> gr.Blocks:
    app = gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        head = _html(head_html(None), "dl-head")
        with gr.Row(elem_id="dl-main", equal_height=False):
            with gr.Column(scale=3, min_width=300, elem_id="dl-left"):
                fields = Fields()
                chat = _chat(Replies(desk, asked=asked), fields, questions)
                matching = fields.picture_below()
            with gr.Column(scale=2, min_width=300, elem_id="dl-right"):
                panel = _html(panel_html(None, desk.find), "dl-sources", _PANEL_EVENTS)
                past = _html("", "dl-past", _PAST_EVENTS)
        kept = _follow_the_conversation(desk, chat, panel, head, fields, app, beside, keep_examples=bool(questions))
        _put_away_and_open(desk, chat, kept, past, app)
        _count_what_matches(desk, fields, matching, app)
        _take_away_and_judge(desk, chat, panel)
    app.queue(max_size=2 * _RUNNING, default_concurrency_limit=ASKED_AT_ONCE)
    return app


def _html(value: str, name: str, events: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=events)


def _chat(replies: Replies, fields: Fields, questions: Sequence[str]) -> gr.ChatInterface:
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
        autoscroll=False,  # the page's script keeps the last question at the top
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
    return gr.ChatInterface(
        replies.respond,
        chatbot=chatbot,
        textbox=textbox,
        additional_inputs=fields.inputs,
        additional_inputs_accordion=gr.Accordion(LABEL, open=False, render=False, elem_id="dl-filters"),
        examples=[[question] for question in questions or ("What is the news?",)],  # replaced once there are better
        editable=True,
        autofocus=True,
        show_progress="hidden",
        concurrency_limit=_RUNNING,
        api_visibility="private",
        analytics_enabled=False,
        fill_height=True,
    )


def _follow_the_conversation(
    desk: Desk,
    chat: gr.ChatInterface,
    panel: gr.HTML,
    head: gr.HTML,
    fields: Fields,
    app: gr.Blocks,
    beside: Sequence[Neighbour],
    *,
    keep_examples: bool,
) -> gr.BrowserState:
    """The panel shows the conversation's last turn, or the turn that is clicked; and both outlive a reload.

    What the browser keeps of the conversation is given.
    """
    # Not a secret: what the browser keeps is the reader's own conversation, and must outlive the server.
    kept = gr.BrowserState([], storage_key=f"dateline-{desk.key}", secret=desk.key)

    def about() -> str:
        coverage = desk.coverage()
        return about_html(coverage, desk.assistant().days()) if isinstance(coverage, Coverage) else ""

    def latest(history: History) -> tuple[str, History, Any]:
        so_far = answered(history)
        shown = kept_at(so_far, len(so_far) - 1)
        prompt = gr.update(placeholder=PROMPT)  # ChatInterface clears it at the first question
        return panel_html(shown, desk.find, "" if shown else about(), desk.name), so_far, prompt

    def chosen(history: History, event: gr.SelectData) -> str:
        place = event.index[0] if isinstance(event.index, list | tuple) else event.index
        return panel_html(kept_at(history, int(place)), desk.find, archive=desk.name)

    def offered() -> Any:
        return gr.update(examples=[{"text": one.question, "display_text": one.label} for one in desk.examples()])

    def offer_once_warm() -> Any:
        if desk.is_warm:
            return gr.skip()  # the greeting has offered them
        desk.warm()
        return offered()

    def greet(conversation: History, request: gr.Request) -> tuple[Any, ...]:
        coverage = desk.coverage()
        welcome = gr.update(placeholder=welcome_html(coverage))
        if not (keep_examples and isinstance(coverage, Coverage) and coverage.articles):
            welcome |= offered()
        names = [name for name, _ in coverage.sources] if isinstance(coverage, Coverage) else []
        return (
            head_html(
                coverage,
                building=desk.is_building,
                archive=desk.name,
                beside=beside,
                linked=request.query_params.get("archive", ""),
            ),
            welcome,
            conversation or [],
            gr.skip() if conversation else panel_html(None, desk.find, about()),
            *fields.linked(request.query_params, names),
        )

    chat.chatbot.select(chosen, [chat.chatbot], [panel], queue=False, **_QUIET)
    chat.chatbot.change(latest, [chat.chatbot], [panel, kept, chat.textbox], queue=False, **_QUIET)
    app.load(greet, [kept], [head, chat.chatbot, chat.chatbot_value, panel, *fields.inputs], **_QUIET)
    if not keep_examples:
        app.load(offer_once_warm, None, [chat.chatbot], **_QUIET)
    return kept


def _put_away_and_open(
    desk: Desk, chat: gr.ChatInterface, kept: gr.BrowserState, past: gr.HTML, app: gr.Blocks
) -> None:
    """A new conversation puts the one before it away in the browser, where the first page lists them."""
    earlier = gr.BrowserState([], storage_key=f"dateline-{desk.key}-earlier", secret=desk.key)

    def chosen(conversations: Earlier, event: gr.EventData) -> tuple[Any, Any, Any, Earlier]:
        place, forgotten = getattr(event, "open", None), getattr(event, "forget", None)
        opened = next((one for at, one in enumerate(conversations) if at == place), gr.skip())
        return opened, opened, opened, [one for at, one in enumerate(conversations) if at != forgotten]

    shown = [chat.chatbot, chat.chatbot_state, chat.chatbot_value]
    chat.chatbot.clear(put_away, [earlier, kept], [earlier], queue=False, **_QUIET)
    past.click(chosen, [earlier], [*shown, earlier], queue=False, **_QUIET)
    gr.on([app.load, earlier.change], earlier_html, [earlier], [past], queue=False, **_QUIET)


def _count_what_matches(desk: Desk, fields: Fields, matching: gr.HTML, app: gr.Blocks) -> None:
    """The filters show how many articles they let through, and from when; their box says, shut too, what is chosen."""

    def count(*typed: Any) -> tuple[str, Any]:
        try:
            choices = Choices.typed(*typed)
            chosen = choices.chosen()
            label = gr.update(label=f"{LABEL}: {chosen}" if chosen else LABEL)
            return histogram_html(desk.assistant().days(choices.seen)), label
        except DatelineError:
            return "", gr.skip()  # the question itself says what is wrong

    changes = [field.change for field in fields.inputs]
    gr.on(
        [app.load, *changes],
        count,
        fields.inputs,
        [matching, fields.box()],
        queue=False,
        trigger_mode="always_last",
        **_QUIET,
    )


def _take_away_and_judge(desk: Desk, chat: gr.ChatInterface, panel: gr.HTML) -> None:
    file, said = (gr.JSON(visible="hidden", label=label) for label in ("file", "said"))

    def save(history: History, event: gr.EventData) -> dict[str, str] | None:
        kind = getattr(event, "kind", None)
        if kind not in KINDS:
            return None
        return asdict(export([kept.answer for kept in all_kept(history)], kind, desk.find))

    def judge(history: History, event: gr.EventData) -> dict[str, str] | None:
        turn, reason = getattr(event, "turn", None), getattr(event, "reason", "")
        about = next((kept.answer for kept in all_kept(history) if kept.turn == turn), None)
        if about is None:
            return None
        try:
            desk.keep(Feedback.on(about, str(getattr(event, "verdict", "")), str(reason)))
        except DatelineError as error:
            return {"text": str(error)}
        return {"text": THANKS}

    panel.click(save, [chat.chatbot], [file], **_QUIET).then(None, [file], None, js=_SAVE)
    panel.submit(judge, [chat.chatbot], [said], **_QUIET).then(None, [said], None, js=_SAY)


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
