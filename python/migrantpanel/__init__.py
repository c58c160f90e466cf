"""The migrant panel warehouse: simulate, land, build, weight and publish."""

__version__ = "0.1.0"
