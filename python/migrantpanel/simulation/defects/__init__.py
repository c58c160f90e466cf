"""Damage done to the extracts on purpose, each piece of it in a manifest beside the truth.

Kinds and their rates stand in `parameters/defects.yaml`. They are done where they arise: `lives`
changes what was registered of a block of lives, `people` decides per person before any file is
made, `rows` changes the rows of one delivered file, `files` how a file is delivered, and
`surveys/damage.py` what the survey files say.
"""

from migrantpanel.simulation.defects.manifest import MANIFEST, write_manifest
from migrantpanel.simulation.defects.people import KINDS, Damage, damage
from migrantpanel.simulation.defects.rates import known_kinds, read_overrides

__all__ = [
    "KINDS",
    "MANIFEST",
    "Damage",
    "damage",
    "known_kinds",
    "read_overrides",
    "write_manifest",
]
