"""The page on imputation: what was filled and why, from whom, and how well it does."""

from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import Row, Words, read_rows
from migrantpanel.site.page import templates, write_page
from migrantpanel.site.plots import Line, row_plot
from migrantpanel.warehouse.published import open_published

SECTION = "imputation.html"
PATTERNS = {
    "at_random": "Hidden at random, given what donors are matched on",
    "by_permit": "Hidden by kind of permit as well: the bias that stays",
}


def write_imputation(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/imputation.html` from the log and the tables of the schema `statistics`."""
    imputed, quality, answers = (
        read_rows(warehouse, f"statistics.{table}", f"dimension, group_name, {last}")
        for table, last in (
            ("stat_permit_imputed", "year"),
            ("stat_permit_quality", "pattern"),
            ("stat_answer_quality", "variable"),
        )
    )
    groups = read_rows(warehouse, "statistics.stat_country_group", "group_code, country_code")
    body = templates.get_template("imputation.html").render(
        log=_log(warehouse),
        shares=_share_plot([row for row in imputed if row["dimension"] == "all"]),
        breaks=[row["year"] for row in imputed if row["is_break"]],
        latest=_latest(imputed),
        groups=_groups(groups),
        patterns={
            PATTERNS[name]: [
                row for row in quality if row["pattern"] == name and row["dimension"] != "year"
            ]
            for name in PATTERNS
        },
        answers=_answer_plot([row for row in answers if row["dimension"] == "all"], words),
        covered=_covered(answers),
        plausibility=read_rows(warehouse, "statistics.stat_refugee_plausibility", "population"),
        statuses=read_rows(warehouse, "statistics.stat_status_share", "step, status"),
        simulated=simulated,
    )
    write_page(site, SECTION, "Imputation", body, SECTION)


def _log(warehouse: Path) -> list[tuple]:
    """Return cells per table and reason; an implicate is one of many draws of one cell."""
    if not read_rows(warehouse, "reference.imputation_reason", "reason_code"):
        return []
    with open_published(warehouse) as connection:
        return connection.execute(
            """
            select log.table_name, reason.label, count(*) as cells, max(log.draws) as draws,
                reason.description
            from (
                select table_name, row_key, variable, any_value(reason_code) as reason_code,
                    count(*) as draws
                from marts.mart_imputation_log
                group by table_name, row_key, variable
            ) as log
            inner join reference.imputation_reason as reason using (reason_code)
            group by log.table_name, reason.label, reason.description
            order by log.table_name, cells desc
            """
        ).fetchall()


def _share_plot(rows: list[Row]) -> Markup | None:
    """Draw the share imputed of each year, beside the reference's published range."""
    lines = [
        Line(
            str(row["year"]),
            _said(row),
            box=_range(row),
            ring=row["reference_low_percent"] if _range(row) is None else None,
            dot=row["imputed_percent"],
        )
        for row in rows
        if row["imputed_percent"] is not None
    ]
    if not lines:
        return None
    return row_plot(
        lines, "Imputed permits per hundred immigrants", (0, 10, 20, 30, 40), _percent, left=60
    )


def _range(row: Row) -> tuple[float, float] | None:
    """Return the reference's range of a year; a single figure is no range."""
    low, high = row["reference_low_percent"], row["reference_high_percent"]
    return None if low is None or low == high else (low, high)


def _said(row: Row) -> str:
    """Say one year of the plot in words."""
    text = f"{row['year']}: {row['imputed_percent']:.0f} percent imputed"
    if row["reference_low_percent"] is None:
        return f"{text}."
    low, high = row["reference_low_percent"], row["reference_high_percent"]
    span = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    return f"{text}, Denmark {span}."


def _percent(value: float) -> str:
    return f"{value:g} %"


def _latest(imputed: list[Row]) -> list[Row]:
    """Return the shares of the last year by age, category and country group."""
    last = max((row["year"] for row in imputed), default=None)
    return [
        row for row in imputed
        if row["year"] == last and row["dimension"] != "all" and row["imputed_percent"] is not None
    ]  # fmt: skip


def _groups(rows: list[Row]) -> list[tuple[Row, list[Row]]]:
    """Return the country groups of the last year with their members."""
    last = max((row["year"] for row in rows), default=None)
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["year"] == last:
            found.setdefault(row["group_code"], []).append(row)
    return [(members[0], members) for members in found.values()]


def _answer_plot(rows: list[Row], words: Words) -> Markup | None:
    """Draw how far hidden shares lie from imputed ones, with the interval around the latter."""
    lines = []
    for row in rows:
        if row["distance_percent"] is None:
            continue
        name = words.variables[row["variable"]]["label"]
        low, high, middle, hidden = (
            100 * row[column]
            for column in ("interval_low", "interval_high", "imputed_mean", "hidden_mean")
        )
        lines.append(
            Line(
                name if len(name) <= 38 else name[:37] + "…",
                f"{name}: imputed {middle:.0f} percent, interval {low:.0f} to {high:.0f}, "
                f"hidden {hidden:.0f}.",
                span=(low, high),
                dot=middle,
                ring=hidden,
            )
        )
    if not lines:
        return None
    return row_plot(
        lines,
        "Share of the most frequent category among answers hidden on purpose",
        (0, 20, 40, 60, 80, 100),
        _percent,
        left=270,
    )


def _covered(rows: list[Row]) -> list[tuple[str, int, float]]:
    """Return, per dimension, how many intervals there are and the share that holds."""
    names = {"all": "all respondents", "wave": "waves", "origin_group": "origin groups"}
    return [
        (name, len(of), sum(row["is_covered"] for row in of) / len(of))
        for dimension, name in names.items()
        if (of := [row for row in rows if row["dimension"] == dimension])
    ]
