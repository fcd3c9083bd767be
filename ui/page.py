"""The page: a Gradio ChatInterface beside a source panel that is rebuilt from the messages themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from index.errors import DatelineError
from index.store import Coverage
from ui.archives import Neighbour
from ui.choices import Choices
from ui.conversation import History, all_kept, answered, kept_at
from ui.desk import Desk
from ui.earlier import Earlier, earlier_html, put_away
from ui.exports import KINDS, export
from ui.faces import about_html, head_html, welcome_html
from ui.feedback import Feedback
from ui.fields import LABEL, Fields
from ui.histogram import histogram_html
from ui.limits import Buckets
from ui.replies import ASKED_AT_ONCE, IN_LINE_AT_MOST, Replies
from ui.sources import panel_html

PROMPT = "Ask about the news …"
THANKS = "Saved in the archive’s log. Thank you."
# What is said of feedback stands beside it, in a line that a screen reader reads out.
_SAY = """(said) => {
  const line = document.querySelector(".dl-feedback .dl-said");
  if (line) line.textContent = said?.text ?? "";
}"""
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


def page(desk: Desk, questions: Sequence[str], beside: Sequence[Neighbour], asked: Buckets | None = None) -> gr.Blocks:
    """The page of one archive: `questions` are its examples, if any, `beside` the other archives, `asked` the limit."""
    app = gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        # Not a secret: what the browser keeps is the reader's own conversation, and must outlive the server.
        kept = gr.BrowserState([], storage_key=f"dateline-{desk.key}", secret=desk.key)
        earlier = gr.BrowserState([], storage_key=f"dateline-{desk.key}-earlier", secret=desk.key)
        chatbot = _chatbot()
        # What one click sets off is done in the order of these lines, each after the server's answer to the one before:
        # the conversation is put away before ChatInterface takes it off the page, and off what is kept.
        chatbot.clear(put_away, [earlier, kept], [earlier], queue=False, **_QUIET)
        head = _html(head_html(None), "dl-head")
        with gr.Row(elem_id="dl-main", equal_height=False):
            with gr.Column(scale=3, min_width=300, elem_id="dl-left"):
                fields = Fields()
                chat = _chat(chatbot, Replies(desk, asked=asked), fields, questions)
                matching = fields.picture_below()
            with gr.Column(scale=2, min_width=300, elem_id="dl-right"):
                panel = _html(panel_html(None, desk.find), "dl-sources", _PANEL_EVENTS)
                past = _html("", "dl-past", _PAST_EVENTS)
        _follow_the_conversation(desk, chat, kept, panel, head, fields, app, beside, keep_examples=bool(questions))
        _open_again(chat, earlier, past, app)
        _count_what_matches(desk, fields, matching, app)
        _take_away_and_judge(desk, chat, panel)
    app.queue(max_size=2 * _RUNNING, default_concurrency_limit=ASKED_AT_ONCE)
    return app


def _html(value: str, name: str, events: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=events)


def _chatbot() -> gr.Chatbot:
    return gr.Chatbot(
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


def _chat(chatbot: gr.Chatbot, replies: Replies, fields: Fields, questions: Sequence[str]) -> gr.ChatInterface:
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
    kept: gr.BrowserState,
    panel: gr.HTML,
    head: gr.HTML,
    fields: Fields,
    app: gr.Blocks,
    beside: Sequence[Neighbour],
    *,
    keep_examples: bool,
) -> None:
    """The panel shows the conversation's last turn, or the turn that is clicked; and both outlive a reload."""

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


def _open_again(chat: gr.ChatInterface, earlier: gr.BrowserState, past: gr.HTML, app: gr.Blocks) -> None:
    """The first page lists the conversations that were put away in the browser, to be opened again or forgotten."""

    def chosen(conversations: Earlier, event: gr.EventData) -> tuple[Any, Any, Any, Earlier]:
        place, forgotten = getattr(event, "open", None), getattr(event, "forget", None)
        opened = next((one for at, one in enumerate(conversations) if at == place), gr.skip())
        return opened, opened, opened, [one for at, one in enumerate(conversations) if at != forgotten]

    shown = [chat.chatbot, chat.chatbot_state, chat.chatbot_value]
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
