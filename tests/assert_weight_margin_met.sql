-- Weights that miss the population they were calibrated on are worse than none: the sums are
-- made again here, apart from the solver.
select
    survey,
    survey_year,
    domain,
    variant,
    margin,
    category,
    population_total,
    weight_total,
    relative_error
from {{ ref('wgt_margin_check') }}
where not coalesce(relative_error <= 1e-9, false)
