-- The shares of a variable's categories add up to one in every cohort of every survey.
select
    variable,
    survey,
    survey_year,
    origin_group,
    cohort_kind,
    cohort,
    sum(estimate) as share_total
from {{ ref('mart_trend') }}
where category != '(mean)'
group by all
having abs(sum(estimate) - 1) > 1e-9
