"""A simulated country and the register extracts and surveys that it would deliver."""

from migrantpanel.simulation.blocks import build_country
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.extracts import simulate

__all__ = ["Country", "build_country", "simulate"]
