-- A replicate that stands for another population measures that difference as if it were chance.
with

replicate_total as (
    select
        start.survey,
        start.survey_year,
        start.domain,
        replicate.replicate,
        min(start.population) as population,
        cast(sum(cast(replicate.weight as decimal(28, 10))) as double) as weight_sum
    from {{ ref('mart_replicate_weight') }} as replicate
    inner join {{ ref('wgt_start') }} as start using (respondent_id)
    where start.variant = 'calibrated' and replicate.calibration != 'empty'
    group by all
)

select *
from replicate_total
where not coalesce(abs(weight_sum / population - 1) <= 1e-8, false)
