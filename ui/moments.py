"""A timeline as HTML: a table of what each source said of which day, and a small plot above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rag.answer import Answer, Moment
from rag.quantity import quantities
from ui.markup import escape
from ui.wording import day_name

_WIDTH, _HEIGHT, _SIDE, _TOP, _GROUND = 440, 132, 26, 24, 104
_APART = 18  # between points, for each to have its number


def timeline_html(answer: Answer, turn: int) -> str:
    """The answer's timeline, newest first as it stands; empty where it has none."""
    if not answer.timeline:
        return ""
    figures = any(moment.value for moment in answer.timeline)
    rows = "".join(_row(moment, answer, turn, figures=figures) for moment in answer.timeline)
    figure = '<th scope="col">Figure</th>' if figures else ""
    head = f'<tr><th scope="col">Day</th>{figure}<th scope="col">Source</th><th scope="col">No.</th></tr>'
    table = f'<table class="dl-moments"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    title = "Where sources differ" if answer.notes else "Timeline"
    return f'<section class="dl-timeline" aria-label="{title}"><h3>{title}</h3>{_plot(answer)}{table}</section>'


def _row(moment: Moment, answer: Answer, turn: int, *, figures: bool) -> str:
    citation = answer.citations[moment.citation - 1]
    day = day_name(moment.day) if moment.day else "Undated"
    figure = escape(moment.value) or "–"
    if moment.superseded:
        figure = f'<s>{figure}</s> <span class="dl-doubt">corrected since</span>'
        day = f"<s>{day}</s>" if not figures else day
    cell = f'<td dir="auto">{figure}</td>' if figures else ""
    chip = (
        f'<a class="dl-chip" href="#dl-{turn}-{moment.citation}" aria-label="Source {moment.citation}">'
        f"{moment.citation}</a>"
    )
    row = ' class="dl-superseded"' if moment.superseded else ""
    said = citation.published
    later = (
        f'<span class="dl-published">published {said.day} {said:%b %Y}</span>' if said and said != moment.day else ""
    )
    return f'<tr{row}><td>{day}</td>{cell}<td dir="auto">{escape(citation.source)}{later}</td><td>{chip}</td></tr>'


def _plot(answer: Answer) -> str:
    """Each figure as a point over its day; of days without figures, points on a line. Fewer than two show nothing.

    Where all speak of one day, they stand over the days of their publication; where that is one day too, side by side.
    """
    points = [(moment.day, _value(moment), moment) for moment in reversed(answer.timeline) if moment.day is not None]
    valued = [(day, value, moment) for day, value, moment in points if value is not None]
    named = len(valued) > 1
    shown = valued if named else [(day, 0.0, moment) for day, _, moment in points]
    days = [day for day, *_ in shown]
    said = [answer.citations[moment.citation - 1].published or day for day, _, moment in shown]
    by_publication = len(set(days)) == 1 and len(set(said)) > 1
    days = said if by_publication else days
    if len(shown) < 2 or (len(set(days)) == 1 and not named):
        return ""
    highest = max(value for _, value, _ in shown) or 1.0
    across = list(_across(days))
    placed = [(x, _up(value, highest), moment) for x, (_, value, moment) in zip(across, shown, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, moment in placed if not moment.superseded)
    drawn = f'<polyline points="{line}"/>' if len(set(days)) > 1 else ""
    dots = "".join(_dot(x, y, moment, label=escape(moment.value) if named else "") for x, y, moment in placed)
    numbers = "" if named else "".join(_numbers([(x, moment) for x, _, moment in placed]))
    top = 0 if named else _GROUND - 30  # without figures there is nothing above the line but numbers
    return (
        f'<svg class="dl-plot" viewBox="0 {top} {_WIDTH} {_HEIGHT - top}" role="img" '
        f'aria-label="The entries of the table below, from {day_name(min(days))} to {day_name(max(days))}">'
        f'<line x1="{_SIDE}" x2="{_WIDTH - _SIDE}" y1="{_GROUND}" y2="{_GROUND}"/>'
        f"{drawn}{dots}{numbers}{_below(min(days), max(days), by_publication=by_publication)}</svg>"
    )


def _below(first: date, last: date, *, by_publication: bool) -> str:
    """The days at both ends of the ground line, or the one day of all."""
    y, middle = _HEIGHT - 8, f'x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle"'
    if first == last:
        return f"<text {middle}>{day_name(first)}</text>"
    return (
        f'<text x="{_SIDE}" y="{y}">{day_name(first)}</text>'
        f"{f'<text {middle}>published</text>' if by_publication else ''}"
        f'<text x="{_WIDTH - _SIDE}" y="{y}" text-anchor="end">{day_name(last)}</text>'
    )


def _numbers(placed: Sequence[tuple[float, Moment]]) -> Iterator[str]:
    """The number of each point over it; points too near for that share one: "1–3"."""
    group: list[tuple[float, int]] = []
    for x, number in sorted((x, moment.citation) for x, moment in placed):
        if group and x - group[-1][0] > _APART:
            yield _number(group)
            group = []
        group.append((x, number))
    yield _number(group)


def _number(group: Sequence[tuple[float, int]]) -> str:
    lowest, highest = min(number for _, number in group), max(number for _, number in group)
    x = (group[0][0] + group[-1][0]) / 2
    label = str(lowest) if lowest == highest else f"{lowest}–{highest}"
    return f'<g><text x="{x:.1f}" y="{_GROUND - 10}" text-anchor="middle">{label}</text></g>'


def _value(moment: Moment) -> float | None:
    # A bare figure measures nothing by itself: with a noun after it, it is read as it was in its sentence.
    found = quantities(f"{moment.value} people") if moment.value else ()
    return found[0].value if found else None


def _across(days: Sequence[date]) -> Iterator[float]:
    """Where each day stands between the first and the last; one day of all is spread out, to tell its points apart."""
    first, last, width = min(days), max(days), _WIDTH - 2 * _SIDE
    for at, day in enumerate(days):
        yield _SIDE + width * ((day - first).days / (last - first).days if first < last else (at + 0.5) / len(days))


def _up(value: float, highest: float) -> float:
    return _GROUND - (_GROUND - _TOP) * value / highest


def _dot(x: float, y: float, moment: Moment, *, label: str) -> str:
    kind = ' class="dl-superseded"' if moment.superseded else ""
    anchor = "start" if x < _WIDTH / 3 else "end" if x > _WIDTH * 2 / 3 else "middle"
    text = f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="{anchor}">{label}</text>' if label else ""
    return f'<g{kind}><circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>{text}</g>'
