"""The filters as fields of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

LABEL = "Filters"


class Fields:
    """As-of day, first and last day, sources and order, in the order that `Choices.typed` takes them.

    The day fields hold ISO 8601 text; the page's script gives them the browser's own calendar.
    """

    def __init__(self) -> None:
        """Makes the fields, to be rendered by the chat in its own place."""
        self.inputs: list[Any] = [
            _day("As of (nothing later)", "dl-as-of"),
            _day("Published from", "dl-from"),
            _day("Published to", "dl-to"),
            gr.Dropdown([], multiselect=True, label="Only these sources", elem_id="dl-only", render=False),
            gr.Checkbox(False, label="Newest first", elem_id="dl-newest", render=False),
        ]

    def box(self) -> gr.Accordion:
        """The box that the chat has rendered the fields in: it makes its own."""
        block: Any = self.inputs[0]
        while not isinstance(block, gr.Accordion):
            block = block.parent
        return block

    def picture_below(self) -> gr.HTML:
        """A place for a picture below the fields, and a button that empties them."""
        with self.box():
            picture = gr.HTML("", elem_id="dl-matching", apply_default_css=False, js_on_load=None)
            clear = gr.Button("Clear the filters", elem_id="dl-clear", size="sm", variant="secondary")
        empty: tuple[Any, ...] = (None, None, None, [], False)
        clear.click(lambda: empty, None, self.inputs, queue=False, show_progress="hidden", api_visibility="private")
        return picture

    def linked(self, query: Any, sources: Sequence[str]) -> tuple[Any, ...]:
        """What a link's parameters say of each field; what was typed meanwhile stays where they say nothing."""
        chosen = [name for name in query.getlist("source") if name in sources]
        days = (gr.update(value=query[name]) if query.get(name) else gr.skip() for name in ("as_of", "from", "to"))
        named: Mapping[str, Any] = {"value": chosen} if chosen else {}
        newest = gr.update(value=True) if query.get("newest") else gr.skip()
        return (*days, gr.update(choices=list(sources), **named), newest)


def _day(label: str, name: str) -> gr.Textbox:
    return gr.Textbox(label=label, placeholder="YYYY-MM-DD", max_lines=1, min_width=130, elem_id=name, render=False)
