"""What `benchmarks.vectors` measured, as tables and as a plot, carried on to 10 million vectors.

    python -m benchmarks.curves benchmarks/vectors.json [--plot docs/images/vectors.svg]

What is carried on is marked so: each figure grows once more by the factor by which it grew over the last ten times as
many vectors.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.vectors import Row, lists_of

FURTHER = 10_000_000
SHOWN = {"IVF, float16": (64, 128, 256), "IVF, 8 bits": (64, 256), "HNSW, float16": (64, 256)}
DRAWN = {  # each kind's effort in the plot, and its colour: each is seen on white and on black
    ("flat, float32", 0): "#8250df",
    ("flat, float16", 0): "#3987d6",
    ("flat, 8 bits", 0): "#1b9aaa",
    ("IVF, float16", 128): "#d9712b",
    ("IVF, 8 bits", 128): "#c9a227",
    ("HNSW, float16", 256): "#2f9e6e",
}
INK = "#768390"
GROWING = ("mib", "build_wall", "build_processor", "p50", "p95", "recall")


def carried_on(rows: Sequence[Row], size: int = FURTHER) -> Iterator[Row]:
    """The rows of a size ten times the greatest, each as its growth before lets expect."""
    most = max(row.size for row in rows)
    before = {(row.kind, _effort(row), row.filter): row for row in rows if row.size == most // 10}
    for row in rows:
        if row.size == most and (last := before.get((row.kind, _effort(row), row.filter))):
            grown = {name: getattr(row, name) ** 2 / max(getattr(last, name), 1e-9) for name in GROWING}
            recall = min(1.0, grown.pop("recall"))
            effort = lists_of(size) if row.effort == lists_of(row.size) else row.effort
            yield replace(row, size=size, effort=effort, recall=recall, **grown)


def _effort(row: Row) -> str:
    if row.kind.startswith("flat") or (row.kind.startswith("IVF") and row.effort == lists_of(row.size)):
        return "all"
    return str(row.effort)


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """Markdown: time and recall with each filter, and then memory and build, a size a column."""
    sizes = sorted({row.size for row in rows})
    head = " | ".join(f"{size:,}" + (", extrapolated" if size == FURTHER else "") for size in sizes)
    for name in dict.fromkeys(row.filter for row in rows):
        some = [row for row in rows if row.filter == name]
        shares = {row.size: row.passing for row in some}
        yield f"Filter: {name}; {', '.join(f'{100 * shares[size]:.3g} %' for size in sizes)} pass\n"
        yield f"| ms, recall@10 | {head} |\n| --- |" + " --- |" * len(sizes)
        for kind, effort in _lines(some):
            found = [next((r for r in some if (r.size, r.kind, _effort(r)) == (s, kind, effort)), None) for s in sizes]
            cells = (f"{row.p50:.2f}, {row.recall:.3f}" if row else "" for row in found)
            yield f"| {kind}{'' if kind.startswith('flat') else f', {effort}'} | " + " | ".join(cells) + " |"
        yield ""
    yield f"| MiB; s to build, of processor | {head} |\n| --- |" + " --- |" * len(sizes)
    for kind in dict.fromkeys(row.kind for row in rows):
        one = [next(row for row in rows if (row.size, row.kind) == (size, kind)) for size in sizes]
        yield f"| {kind} | " + " | ".join(f"{row.mib:,.0f}; {row.build_processor:,.0f}" for row in one) + " |"


def _lines(rows: Sequence[Row]) -> list[tuple[str, str]]:
    wanted = {kind: {*map(str, efforts), "all"} for kind, efforts in SHOWN.items()}
    pairs = dict.fromkeys((row.kind, _effort(row)) for row in rows if _effort(row) in wanted.get(row.kind, {"all"}))
    kinds = list(dict.fromkeys(kind for kind, _ in pairs))
    return sorted(pairs, key=lambda pair: (kinds.index(pair[0]), float(pair[1].replace("all", "inf"))))


def draw(rows: Sequence[Row], path: Path) -> None:
    """Time, memory, recall and build against size; what is extrapolated is broken and hollow."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    ink = dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK)
    with mpl.rc_context({**ink, "svg.fonttype": "none", "svg.hashsalt": "vectors", "font.size": 9}):
        figure, axes = pyplot.subplots(2, 3, figsize=(11, 6.2), layout="constrained")
        panels = (
            ("a question, ms of processor", "none", "p50", "log"),
            ("recall@10", "none", "recall", "linear"),
            ("memory, MiB", "none", "mib", "log"),
            ("as of the middle day, ms", "as of the middle day", "p50", "log"),
            ("as of the middle day, recall@10", "as of the middle day", "recall", "linear"),
            ("build, s of processor", "none", "build_processor", "log"),
        )
        for axis, (title, name, figure_of, scale) in zip(axes.flat, panels, strict=True):
            for (kind, effort), colour in DRAWN.items():
                some = [r for r in rows if (r.kind, r.effort, r.filter) == (kind, effort, name)]
                _line(axis, some, figure_of, colour, f"{kind}{f', {effort}' if effort else ''}")
            axis.set(title=title, xscale="log", yscale=scale)
            axis.minorticks_off()
            axis.grid(alpha=0.25, color=INK)
        for axis in axes.flat[3:]:
            axis.set_xlabel("vectors; broken and hollow: extrapolated")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        pyplot.close(figure)


def _line(axis: Any, rows: Sequence[Row], figure: str, colour: str, label: str) -> None:
    points = sorted((row.size, getattr(row, figure)) for row in rows)
    known = [point for point in points if point[0] < FURTHER]
    axis.plot(*zip(*known, strict=True), color=colour, marker="o", markersize=4, label=label)
    if points[-1][0] == FURTHER:
        axis.plot(*zip(*points[-2:], strict=True), color=colour, linestyle="--")
        axis.plot(*points[-1], color=colour, marker="o", markersize=5, fillstyle="none")


def main() -> None:
    """Prints the tables, and draws the plot where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path, help="what benchmarks.vectors wrote")
    parser.add_argument("--plot", type=Path, help="an .svg file to draw into")
    options = parser.parse_args()
    rows = [Row(**row) for row in json.loads(options.rows.read_text(encoding="utf-8"))]
    rows += list(carried_on(rows))
    print("\n".join(tables(rows)))
    if options.plot:
        draw(rows, options.plot)


if __name__ == "__main__":
    main()
