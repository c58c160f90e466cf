"""Pictures as inline SVG, coloured by the style sheet, so they follow light and dark."""

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from migrantpanel.site.manifest import Project

BOX_WIDTH, BOX_HEIGHT, GAP, LEFT = 560, 50, 16, 8
STEP = BOX_HEIGHT + GAP


def layer_picture(project: Project) -> Markup:
    """Draw the layers from extracts to the last one, with what each reads from further up."""
    rows = [
        ("", "extracts", "files as delivered: .sav, .dta, .csv, .parquet", "", "box"),
        ("", "landing", "the same, typed and checked once, as Parquet", "", "vault"),
        *(
            (
                str(layer.number),
                layer.name,
                layer.purpose,
                f"{len(layer.models)} {'model' if len(layer.models) == 1 else 'models'}",
                "vault" if layer.database == "vault" else "open",
            )
            for layer in project.layers
        ),
    ]
    top = {name: 8 + place * STEP for place, (_, name, _, _, _) in enumerate(rows)}
    order = list(top)
    parts = []
    for place, (number, name, purpose, size, style) in enumerate(rows):
        y = top[name]
        parts.append(
            f'<rect class="{style}" x="{LEFT}" y="{y}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}" rx="6"/>'
            f'<text class="strong" x="{LEFT + 40}" y="{y + 21}">{escape(name)}</text>'
            f'<text class="soft" x="{LEFT + 16}" y="{y + 21}">{number}</text>'
            f'<text class="soft" x="{LEFT + 40}" y="{y + 39}">{escape(purpose)}</text>'
            f'<text class="soft" x="{LEFT + BOX_WIDTH - 14}" y="{y + 21}" '
            f'text-anchor="end">{size}</text>'
        )
        if place < 2:
            parts.append(_arrow(y + BOX_HEIGHT))
    for layer in project.layers:
        for other, models in layer.reads.items():
            parts.append(_reading(order, top, other, layer.name, models))
    height = 8 + len(rows) * STEP
    words = "; ".join(
        f"{layer.name} reads {', '.join(layer.reads) or 'landing'}" for layer in project.layers
    )
    return Markup(
        f'<svg viewBox="0 0 {BOX_WIDTH + 150} {height}" width="{BOX_WIDTH + 150}" '
        f'height="{height}" role="img" aria-label="Layers from top to bottom: {escape(words)}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def bars(values: Sequence[tuple[object, int]], label: str) -> Markup:
    """Draw one bar per (label, count); the counts are also said to a screen reader."""
    width, height, base, edge = 760, 150, 24, 20
    most = max((count for _, count in values), default=0) or 1
    slot = (width - 2 * edge) / max(len(values), 1)
    every = max(1, round(len(values) / 12))
    parts = []
    for place, (name, count) in enumerate(values):
        size = (height - base) * count / most
        x = edge + place * slot
        parts.append(
            f'<rect class="bar" x="{x + slot * 0.12:.1f}" y="{height - base - size + 14:.1f}" '
            f'width="{slot * 0.76:.1f}" height="{size:.1f}">'
            f"<title>{escape(str(name))}: {count:,}</title></rect>"
        )
        if place % every == 0:
            parts.append(
                f'<text class="soft" x="{x + slot / 2:.1f}" y="{height + 10}" '
                f'text-anchor="middle">{escape(str(name))}</text>'
            )
    said = ", ".join(f"{name}: {count}" for name, count in values)
    return Markup(
        f'<svg viewBox="0 0 {width} {height + 18}" width="{width}" height="{height + 18}" '
        f'role="img" aria-label="{escape(label)}. {escape(said)}">'
        f'<line class="axis" x1="0" x2="{width}" y1="{height - base + 14}" '
        f'y2="{height - base + 14}"/>{"".join(parts)}</svg>'
    )


def _arrow(y: int) -> str:
    x = LEFT + 24
    return (
        f'<line class="arrow" x1="{x}" x2="{x}" y1="{y}" y2="{y + GAP - 1}" '
        'marker-end="url(#tip)"/>'
    )


def _reading(order: list[str], top: dict[str, int], upper: str, lower: str, models: int) -> str:
    """Draw that `lower` reads models of `upper`: straight when next to it, else an arc."""
    apart = order.index(lower) - order.index(upper)
    title = f"<title>{lower} reads {models} of {upper}</title>"
    if apart == 1:
        return _arrow(top[upper] + BOX_HEIGHT)
    right = LEFT + BOX_WIDTH
    start, end = top[upper] + BOX_HEIGHT // 2 + 8, top[lower] + BOX_HEIGHT // 2 - 8
    bend = right + 14 + 17 * apart
    return (
        f'<path class="arrow" d="M{right} {start}C{bend} {start} {bend} {end} {right + 1} {end}" '
        f'marker-end="url(#tip)">{title}</path>'
    )
