-- A respondent who comes to stand for three times as many people as the design meant, or for a
-- third of them, makes estimates of small groups hang on one person.
select
    survey,
    survey_year,
    domain,
    variant,
    ratio_min,
    ratio_max
from {{ ref('wgt_diagnostic') }}
where not coalesce(ratio_min > 1.0 / 3 and ratio_max < 3, false)
