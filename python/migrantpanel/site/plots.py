"""Dots, bars and intervals in rows under one scale, as inline SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH, ROW, TOP, FOOT = 720, 22, 12, 26


@dataclass(frozen=True)
class Line:
    """One row of a plot: its name, what is drawn, and what it says in words.

    Attributes:
        name: text left of the row.
        said: the row in words, shown on hovering and read aloud.
        span: ends of a thin line.
        box: ends of a thick line.
        dot: a filled mark.
        ring: an open mark.
        parts: lengths of a bar that is stacked from the left, each with its class.
    """

    name: str
    said: str
    span: tuple[float, float] | None = None
    box: tuple[float, float] | None = None
    dot: float | None = None
    ring: float | None = None
    parts: Sequence[tuple[str, float]] = ()


def row_plot(
    lines: Sequence[Line],
    label: str,
    ticks: Sequence[float],
    tick_text: Callable[[float], str],
    place: Callable[[float], float] = lambda value: value,
    left: int = 150,
    marks: Sequence[float] = (),
) -> Markup:
    """Draw one row per line, from the first to the last tick.

    `place` bends the scale (a logarithm, for ratios); `marks` are values with an upright line.
    """
    low, high = place(ticks[0]), place(ticks[-1])
    height = TOP + ROW * len(lines) + FOOT

    def x(value: float) -> float:
        share = (place(value) - low) / (high - low)
        return left + min(max(share, 0.0), 1.0) * (WIDTH - left - 24)

    floor = height - FOOT + 4
    parts = [
        f'<line class="axis" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 6}" y2="{floor}"/>'
        f'<text class="soft" x="{x(tick):.1f}" y="{height - 6}" text-anchor="middle">'
        f"{escape(tick_text(tick))}</text>"
        for tick in ticks
    ]
    parts += [
        f'<line class="zero" x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="{TOP - 6}" y2="{floor}"/>'
        for mark in marks
    ]
    parts += [
        _line(line, TOP + place_in * ROW + 10, left, x) for place_in, line in enumerate(lines)
    ]
    said = " ".join(line.said for line in lines)
    return Markup(
        f'<svg class="trend rows" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(label)}. {escape(said)}">'
        f"{''.join(parts)}</svg>"
    )


def _line(line: Line, y: int, left: int, x: Callable[[float], float]) -> str:
    drawn = []
    start = 0.0
    for style, size in line.parts:
        wide = x(start + size) - x(start)
        drawn.append(
            f'<rect class="part {style}" x="{x(start):.1f}" y="{y - 7}" width="{wide:.1f}" '
            'height="14"/>'
        )
        start += size
    if line.span:
        drawn.append(f'<path d="M{x(line.span[0]):.1f} {y}H{x(line.span[1]):.1f}"/>')
    if line.box:
        drawn.append(f'<path class="thick" d="M{x(line.box[0]):.1f} {y}H{x(line.box[1]):.1f}"/>')
    if line.ring is not None:
        drawn.append(f'<circle class="ring" cx="{x(line.ring):.1f}" cy="{y}" r="4"/>')
    if line.dot is not None:
        drawn.append(f'<circle class="dot" cx="{x(line.dot):.1f}" cy="{y}" r="4"/>')
    return (
        f'<g data-c="c0"><title>{escape(line.said)}</title>'
        f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{escape(line.name)}</text>'
        f"{''.join(drawn)}</g>"
    )
