"""Imputation: donors for missing registrations, and the pooling of multiply imputed estimates."""

from migrantpanel.imputation.donor import (
    DONORS_USED_UP,
    MISSING_KEYS,
    NO_DONOR,
    DonorError,
    donor_impute,
    donor_summary,
)
from migrantpanel.imputation.matching import distance_hot_deck, random_hot_deck
from migrantpanel.imputation.pooling import Pooled, PoolError, pool

__all__ = [
    "DONORS_USED_UP",
    "MISSING_KEYS",
    "NO_DONOR",
    "DonorError",
    "PoolError",
    "Pooled",
    "distance_hot_deck",
    "donor_impute",
    "donor_summary",
    "pool",
    "random_hot_deck",
]
