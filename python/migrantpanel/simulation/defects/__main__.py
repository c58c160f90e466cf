"""`python -m migrantpanel.simulation.defects` prints the table of docs/simulation-defects.md."""

from migrantpanel.simulation.defects.table import markdown_table

print(markdown_table())
