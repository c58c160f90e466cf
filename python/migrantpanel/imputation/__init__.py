"""Imputation: donors for missing registrations, and the pooling of multiply imputed estimates."""

from migrantpanel.imputation.donor import (
    DONORS_USED_UP,
    MISSING_KEYS,
    NO_DONOR,
    DonorError,
    donor_impute,
    donor_summary,
)
from migrantpanel.imputation.pooling import Pooled, PoolError, pool

__all__ = [
    "DONORS_USED_UP",
    "MISSING_KEYS",
    "NO_DONOR",
    "DonorError",
    "PoolError",
    "Pooled",
    "donor_impute",
    "donor_summary",
    "pool",
]
