"""The columns of `mart_person_year`, repeated in the marts that carry the same ones.

python tests/python/panel_columns.py   # copies them (make columns)

A contract lists its columns in its own file; four lists of one panel must not drift apart.
"""

from pathlib import Path

from migrantpanel.project import project_dir

LIST = "mart_person_year"
SAME = ("mart_partner_year", "mart_child_year", "mart_person_interview")
START = "      # The columns of mart_person_year; `make columns` copies them.\n"
FIRST, END = "      - name: is_respondent\n", "\nunit_tests:\n"


def listed(text: str) -> str:
    """Return the column descriptions of the panel's list, without its key."""
    columns = text[text.index(FIRST) :]
    return columns.split(END)[0].rstrip("\n") + "\n"


def shared(text: str) -> str:
    """Return the part of a mart's description that repeats the list."""
    return text.split(START)[1].split(END)[0].rstrip("\n") + "\n"


def update(text: str, columns: str) -> str:
    """Return a mart's description with these columns in the place of the old ones."""
    before, rest = text.split(START)
    _, end, tests = rest.partition(END)
    return f"{before}{START}{columns}{end}{tests}"


def path(model: str) -> Path:
    """Return where a mart is described."""
    return project_dir() / "models" / "marts" / f"{model}.yml"


if __name__ == "__main__":
    columns = listed(path(LIST).read_text(encoding="utf-8"))
    for model in SAME:
        text = update(path(model).read_text(encoding="utf-8"), columns)
        path(model).write_text(text, encoding="utf-8")
