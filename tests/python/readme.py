"""The README's queries with their answers, as `migrantpanel queries` prints them.

python tests/python/readme.py   # writes those of the published default build (make readme)
"""

import subprocess
import sys
from pathlib import Path

from migrantpanel.project import project_dir

START, END = "<!-- queries -->\n", "<!-- end of queries -->\n"


def answers(folder: Path) -> str:
    """Return what `migrantpanel queries` prints in a folder with a published warehouse."""
    command = [sys.executable, "-m", "migrantpanel", "queries"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.rstrip() + "\n"


def shown(readme: str) -> str:
    """Return the answers that the README shows."""
    block = readme.split(START)[1].split(END)[0]
    return block.removeprefix("```sql\n").removesuffix("```\n")


def update(readme: str, text: str) -> str:
    """Return the README with these answers in the place of the old ones."""
    before, rest = readme.split(START)
    return f"{before}{START}```sql\n{text}```\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    path = project_dir() / "README.md"
    text = update(path.read_text(encoding="utf-8"), answers(project_dir()))
    path.write_text(text, encoding="utf-8")
