"""Survey weights: calibration to population margins."""

from migrantpanel.weighting.calibration import Calibration, Calibrator, calibrate
from migrantpanel.weighting.errors import CalibrationError, CalibrationWarning

__all__ = [
    "Calibration",
    "CalibrationError",
    "CalibrationWarning",
    "Calibrator",
    "calibrate",
]
