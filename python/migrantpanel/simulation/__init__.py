"""A simulated country and the register extracts and surveys that it would deliver."""

from migrantpanel.simulation.country import Country, build_country

__all__ = ["Country", "build_country"]
