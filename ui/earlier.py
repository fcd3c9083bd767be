"""The conversations that a reader has put away: kept in the browser, listed on the first page, and opened again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ui.conversation import History, all_kept, answered
from ui.markup import escape, shortened

AT_MOST = 20
LARGEST = 1_500_000  # characters of JSON of all together: a browser keeps some 5 million for a site
_LABEL = 80

Earlier = list[History]


def put_away(earlier: Earlier, history: History) -> Earlier:
    """The conversations with another before them, if it has an answer; the oldest are dropped where they are too many.

    One that was put away before, and was opened again and gone on with, is not kept twice.
    """
    kept = answered(history)
    fitting: Earlier = []
    room = LARGEST
    for one in [kept, *(other for other in earlier if other != kept[: len(other)])]:
        size = len(json.dumps(one))
        if one and size <= room:
            fitting.append(one)
            room -= size
    return fitting[:AT_MOST]


def earlier_html(earlier: Sequence[History]) -> str:
    """The conversations to open again or to forget, each by its first question; empty where there are none."""
    rows = "".join(_row(place, history) for place, history in enumerate(earlier))
    if not rows:
        return ""
    return (
        '<section class="dl-earlier" aria-label="Earlier conversations"><h2>Earlier conversations</h2>'
        f"<ul>{rows}</ul></section>"
    )


def _row(place: int, history: History) -> str:
    kept = all_kept(history)
    if not kept:
        return ""
    first, count = escape(shortened(kept[0].answer.question, _LABEL)), len(kept)
    more = f' <span class="dl-count">{count} questions</span>' if count > 1 else ""
    return (
        f'<li><button type="button" data-earlier="{place}" dir="auto">{first}{more}</button>'
        f'<button type="button" data-forget="{place}" aria-label="Forget: {first}" title="Forget it">×</button></li>'
    )
