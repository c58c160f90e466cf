-- An origin group whose weights do not add up to its population is over- or undercounted in
-- every figure of the survey as a whole.
select
    start.survey,
    start.survey_year,
    start.domain,
    variant,
    min(population) as population,
    {{ exact_sum('calibrated.weight') }} as weight_sum
from {{ ref('wgt_start') }} as start
inner join {{ ref('wgt_calibrated') }} as calibrated using (respondent_id, variant)
group by start.survey, start.survey_year, start.domain, variant
having not coalesce(abs(weight_sum / min(population) - 1) <= 1e-9, false)
