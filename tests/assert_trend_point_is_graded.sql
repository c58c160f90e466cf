-- A point comes from enough respondents of a question that was asked, and has an error;
-- a suppressed one says why.
with

point as (
    select
        *,
        n >= {{ var('minimum_cell') }} as is_enough,
        grade in ('good', 'fair', 'limited')
        and evidence in ('questionnaire seen', 'published', 'assumed') as is_graded
    from {{ ref('mart_trend') }}
)

select
    variable,
    category,
    survey,
    survey_year,
    origin_group,
    cohort
from point
where
    not coalesce(is_graded, false)
    or is_enough is distinct from (estimate is not null)
    or is_enough is distinct from coalesce(se >= 0, false)
    or is_enough is distinct from (no_estimate_reason is null)
