"""How many articles there are over time, as a small picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from ui.wording import day_name

_BARS = 60  # at most
_HEIGHT = 40


def histogram_html(days: Sequence[tuple[date, int]]) -> str:
    """Articles by day, week or longer, as bars of the same width, with both ends and the number of articles in words.

    `days` are (day, number of articles), in any order.
    """
    total = sum(count for _, count in days)
    if not total:
        return '<p class="dl-histogram dl-empty">No dated articles match.</p>'
    first, last = min(days)[0], max(days)[0]
    span = max(1, -(-((last - first).days + 1) // _BARS))
    bars = Counter[int]()
    for day, count in days:
        bars[(day - first).days // span] += count
    width, highest = (last - first).days // span + 1, max(bars.values())
    drawn = "".join(_bar(at, count, highest, first + timedelta(at * span), span) for at, count in sorted(bars.items()))
    noun = "article" if total == 1 else "articles"
    unit = "day" if span == 1 else f"{span} days"
    said = f"{total:,} dated {noun}, {day_name(first)} to {day_name(last)}; at most {highest:,} in {unit}"
    return (
        f'<figure class="dl-histogram"><svg viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{said}">{drawn}</svg><figcaption><span>{day_name(first)}</span>'
        f"<b>{total:,} {noun}</b><span>{day_name(last)}</span></figcaption></figure>"
    )


def _bar(at: int, count: int, highest: int, day: date, span: int) -> str:
    height = max(1.0, _HEIGHT * count / highest)
    days = day_name(day) if span == 1 else f"{span} days from {day_name(day)}"
    return (
        f'<rect x="{at + 0.08:.2f}" y="{_HEIGHT - height:.1f}" width="0.84" height="{height:.1f}">'
        f"<title>{days}: {count:,}</title></rect>"
    )
