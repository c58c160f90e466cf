"""Landing: delivered files become typed Parquet folders, nothing lost in silence.

`land` converts what changed, `inspect` only looks; the `render_` functions make their tables.
"""

from migrantpanel.landing.report import (
    InspectReport,
    LandingReport,
    render_inspection,
    render_landing,
)
from migrantpanel.landing.run import inspect, land

__all__ = [
    "InspectReport",
    "LandingReport",
    "inspect",
    "land",
    "render_inspection",
    "render_landing",
]
