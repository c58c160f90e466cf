"""Distances between design and calibrated weights (Deville and Särndal 1992, section 2).

Each distance is known by the function that gives g = weight / design weight from the linear
predictor u = x'λ, and by the derivative of that function.
"""

import math
from dataclasses import dataclass

import numpy as np

from migrantpanel.weighting.errors import CalibrationError

METHODS = ("linear", "raking", "logit")
LARGEST_EXPONENT = 700.0


@dataclass(frozen=True)
class Distance:
    """One calibration method with its bounds on g; make it with `distance`."""

    method: str
    lower: float
    upper: float

    def g(self, u: np.ndarray) -> np.ndarray:
        """Return g for the linear predictor `u`; g(0) = 1."""
        if self.method == "linear":
            return np.clip(1.0 + u, self.lower, self.upper)
        if self.method == "raking":
            return np.clip(np.exp(np.minimum(u, LARGEST_EXPONENT)), self.lower, self.upper)
        below, above = 1.0 - self.lower, self.upper - 1.0
        steepness = (self.upper - self.lower) / (below * above)
        odds = (above / below) * np.exp(np.minimum(-steepness * u, LARGEST_EXPONENT))
        return self.lower + (self.upper - self.lower) / (1.0 + odds)

    def slope(self, g: np.ndarray) -> np.ndarray:
        """Return dg/du at the points where the distance gives `g`; zero where g is cut off."""
        if self.method == "logit":
            below, above = 1.0 - self.lower, self.upper - 1.0
            return (g - self.lower) * (self.upper - g) / (below * above)
        inside = (g > self.lower) & (g < self.upper)
        return np.where(inside, g if self.method == "raking" else 1.0, 0.0)

    def attainable(self, room: float) -> tuple[float, float]:
        """Return the bounds that g can reach, `room` inside those it only approaches.

        Truncated weights sit on their bounds; logit weights never do, nor do raking weights on
        zero.
        """
        lower_is_open = self.method == "logit" or (self.method == "raking" and self.lower <= 0)
        upper_is_open = self.method == "logit"
        return (
            self.lower + room if lower_is_open else self.lower,
            self.upper - room if upper_is_open else self.upper,
        )


def distance(method: str, bounds: tuple[float, float] | None) -> Distance:
    """Check the method and its bounds, and return the distance.

    Raises:
        CalibrationError: unknown method; bounds that are not L < 1 < U; logit without finite
            bounds; raking with a negative lower bound.
    """
    if method not in METHODS:
        raise CalibrationError(f"method {method!r} is unknown: use one of {', '.join(METHODS)}")
    if bounds is None:
        if method == "logit":
            raise CalibrationError(
                "logit needs bounds on g = weight / design weight: give bounds=(L, U) with "
                "L < 1 < U, for example (0.3, 3)"
            )
        return Distance(method, 0.0 if method == "raking" else -math.inf, math.inf)
    try:
        lower, upper = (float(bound) for bound in bounds)
    except (TypeError, ValueError) as error:
        raise CalibrationError(
            f"bounds {bounds!r} are not two numbers (L, U) with L < 1 < U"
        ) from error
    if not lower < 1.0 < upper:
        raise CalibrationError(
            f"bounds ({lower:g}, {upper:g}) do not hold 1: they limit g = weight / design "
            "weight, so L < 1 < U"
        )
    if method == "logit" and not (math.isfinite(lower) and math.isfinite(upper)):
        raise CalibrationError(f"logit needs finite bounds, not ({lower:g}, {upper:g})")
    if method == "raking" and lower < 0:
        raise CalibrationError(
            f"raking weights are never negative: make the lower bound {lower:g} at least 0"
        )
    return Distance(method, lower, upper)
