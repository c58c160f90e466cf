"""The eleven simulated surveys: questionnaires, samples, answers, SPSS files and their truth.

A wave is one YAML file in `questionnaires/`; what it can ask is in `concepts.yaml`; how people are
reached, respond and consent is in `response.yaml`. To add a variable: a concept (how it is drawn,
and the harmonised value of each category), a question in each wave that asks it (codes, labels,
what each code covers and stands for) and a line under `harmonised` of the wave. To add a wave: one
file. Neither needs code, and a contradiction is an error that names wave, variable and code.
"""

from migrantpanel.simulation.surveys.codebook import describe_questionnaires
from migrantpanel.simulation.surveys.frame import InMemory, Stored
from migrantpanel.simulation.surveys.questionnaires import load_concepts, load_waves
from migrantpanel.simulation.surveys.write import asked_waves, write_surveys

__all__ = [
    "InMemory",
    "Stored",
    "asked_waves",
    "describe_questionnaires",
    "load_concepts",
    "load_waves",
    "write_surveys",
]
