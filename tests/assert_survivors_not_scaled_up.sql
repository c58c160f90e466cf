-- Weights that rise as people die or leave turn mortality and emigration into nonresponse, and
-- make the survivors speak for the dead.
with

panel_population as (
    select
        survey,
        survey_year,
        {{ exact_sum('weight_panel') }} as population
    from {{ ref('mart_survey_weight') }}
    where weight_panel is not null
    group by all
)

select
    survey,
    survey_year,
    years_after,
    followed.population,
    panel_population.population as expected
from {{ ref('stat_panel_window') }} as followed
inner join panel_population using (survey, survey_year)
where
    not coalesce(abs(followed.population / panel_population.population - 1) < 1e-6, false)
    or abs(
        followed.resident_population + followed.abroad_population
        + followed.dead_population - followed.population
    ) > 1e-6 * followed.population
    or followed.balanced_population > followed.resident_population * (1 + 1e-9)
