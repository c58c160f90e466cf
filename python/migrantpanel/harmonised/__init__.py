"""The harmonised cross-section: proposing crosswalk rows for a survey that is new to it."""

from migrantpanel.harmonised.scaffold import Scaffold, scaffold

__all__ = ["Scaffold", "scaffold"]
