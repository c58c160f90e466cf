"""`python -m migrantpanel.simulation.surveys` prints the questionnaires as a codebook."""

from migrantpanel.simulation.surveys.codebook import describe_questionnaires

print(describe_questionnaires())
