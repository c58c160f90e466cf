"""A simulated country and the register extracts and surveys that it would deliver."""

from migrantpanel.simulation.country import Country, build_country
from migrantpanel.simulation.extracts import simulate

__all__ = ["Country", "build_country", "simulate"]
