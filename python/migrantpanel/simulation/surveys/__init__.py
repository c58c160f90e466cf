"""The eleven simulated surveys: questionnaires, samples, answers, SPSS files and their truth.

A wave is one YAML file in `questionnaires/`; what it can ask is in `concepts.yaml`; how people are
reached and respond is in `response.yaml`. A new variable is a concept and questions, no code.
"""

from migrantpanel.simulation.surveys.codebook import describe_questionnaires
from migrantpanel.simulation.surveys.questionnaires import load_concepts, load_waves
from migrantpanel.simulation.surveys.write import write_surveys

__all__ = ["describe_questionnaires", "load_concepts", "load_waves", "write_surveys"]
