"""`python -m migrantpanel.simulation.published FOLDER` derives the published totals again."""

import sys
from pathlib import Path

from migrantpanel.simulation.published import FILE, derive, write

write(derive(Path(sys.argv[1])), Path(__file__).with_name(FILE))
