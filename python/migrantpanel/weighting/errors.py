"""What goes wrong in a calibration, said so that the reader knows what to change."""

from collections.abc import Mapping, Sequence

from migrantpanel.errors import UserError


class CalibrationError(UserError, ValueError):
    """Unusable input, or totals that no permitted weights can meet.

    Attributes:
        problems: one line each, as the command line prints them.
        conflict: names of the margins and totals that cannot be met together; empty when the
            input itself was unusable.
        nearest: for each name, the totals closest to those asked for that can be met
            ({category: total} for a margin, {None: total} for a numeric total); empty when not
            computed.
        bounds: bounds on g = weight / design weight with which all totals can be met, or None.
    """

    def __init__(
        self,
        *problems: str,
        conflict: Sequence[str] = (),
        nearest: Mapping[str, Mapping[str | None, float]] | None = None,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(*problems)
        self.conflict = tuple(conflict)
        self.nearest = dict(nearest or {})
        self.bounds = bounds


class CalibrationWarning(UserWarning):
    """The weights are right by the method asked for, and still deserve a look."""
