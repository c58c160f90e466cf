"""The tables of docs/panel.md, made from the descriptions of the panel and its seeds.

python tests/python/panel_docs.py   # writes them (make columns)

Each section of the page ends in a table; what stands above it is written by hand.
"""

import csv
import re
from pathlib import Path

import yaml

from migrantpanel.project import project_dir

PAGE = "docs/panel.md"
DOCS = ("models/shared_columns.md", "models/panel/columns.md")
# Sections of the page with the themes whose columns they list.
THEMES = {
    "Who and when": ("key", "role"),
    "Demography": ("demography",),
    "Household": ("household",),
    "Residence": ("residence",),
    "Neighbourhood": ("neighbourhood",),
    "Migration": ("migration",),
    "Labour": ("labour",),
    "Income": ("income",),
    "Wealth": ("wealth",),
    "Education": ("education",),
    "Health": ("health",),
}


def meanings() -> dict[str, str]:
    """Return what each column means, by its block of documentation."""
    text = "".join((project_dir() / path).read_text(encoding="utf-8") for path in DOCS)
    blocks = re.findall(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", text, re.DOTALL)
    return {name: " ".join(block.split()) for name, block in blocks}


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a reference seed."""
    path = project_dir() / "seeds" / "reference" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    rows = [head, ("---",) * len(head), *lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def column_table(columns: list[dict], themes: tuple[str, ...]) -> str:
    """Return the columns of some themes in the panel's order."""
    text = meanings()
    return table(
        ("column", "what it says", "from", "years", "day"),
        [
            (
                f"`{column['name']}`",
                text[column["name"]],
                ", ".join(meta["source_files"]),
                meta["years"],
                meta["reference"],
            )
            for column in columns
            if (meta := column["config"]["meta"])["theme"] in themes
        ],
    )


def tables() -> dict[str, str]:
    """Return the table of each section of the page."""
    path = project_dir() / "models" / "marts" / "mart_person_year.yml"
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    made = {name: column_table(model["columns"], themes) for name, themes in THEMES.items()}
    made["Reference dates"] = table(
        ("source", "years", "describes", "who is in it", "evidence"),
        [
            (
                row["source_file"],
                f"{row['first_year']}-{row['last_year']}",
                row["reference"],
                row["population"],
                row["evidence"],
            )
            for row in seed("reference_date")
        ],
    )
    made["Breaks"] = table(
        ("column", "from", "before", "after", "what changed", "bridge"),
        [
            (
                f"`{row['column_name']}`",
                *(row[key] for key in ("year", "series_before", "series_after", "what_changed")),
                row["bridge"],
            )
            for row in seed("series_break")
        ],
    )
    return made


def update(page: str) -> str:
    """Return the page with each section's table made again."""
    made = tables()
    sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    for place, section in enumerate(sections):
        title = section.partition("\n")[0].removeprefix("## ")
        if title in made:
            prose = "\n".join(line for line in section.splitlines() if not line.startswith("|"))
            sections[place] = f"{prose.rstrip()}\n\n{made.pop(title)}\n"
    if made:
        raise ValueError(f"{PAGE} lacks the sections {sorted(made)}")
    return "".join(sections).rstrip() + "\n"


if __name__ == "__main__":
    page = project_dir() / PAGE
    Path(page).write_text(update(page.read_text(encoding="utf-8")), encoding="utf-8")
