{{ config(tags=['shared']) }}

-- Cohort change ratios, turned round (Hamilton and Perry 1962): the number of people of an
-- age before the registers is that of the same people when they start, divided by how the
-- number of people of that age changed over as long a time after the start.
with counted as (
    select
        survey,
        survey_year,
        origin_group,
        generation,
        sex,
        age,
        count(case when stock = 'reference' then 1 end) as reference_count,
        count(case when stock = 'start' then 1 end) as start_count,
        count(case when stock = 'later' then 1 end) as later_count,
        count(case when stock = 'later' and is_resident_at_start then 1 end)
            as later_resident_count
    from {{ ref('pop_survey_person') }}
    group by survey, survey_year, origin_group, generation, sex, age
),

-- A cell with few people has the ratio of its origin group and generation.
grouped as (
    select
        *,
        sum(start_count) over (
            partition by survey, survey_year, origin_group, generation
        ) as group_start_count,
        sum(later_count) over (
            partition by survey, survey_year, origin_group, generation
        ) as group_later_count,
        sum(later_resident_count) over (
            partition by survey, survey_year, origin_group, generation
        ) as group_later_resident_count,
        start_count >= {{ var('back_projection_minimum') }}
        and later_count >= {{ var('back_projection_minimum') }} as is_own_ratio,
        sum(start_count + later_count) over (partition by survey, survey_year) > 0
            as is_projected
    from counted
),

final as (
    select
        survey,
        survey_year,
        origin_group,
        generation,
        sex,
        age,
        is_projected,
        cast(
            case
                when not is_projected then 1
                when is_own_ratio then start_count * 1.0 / later_count
                else coalesce(group_start_count * 1.0 / nullif(group_later_count, 0), 1)
            end as decimal(18, 8)
        ) as population_factor,
        cast(
            case
                when not is_projected then 1
                when is_own_ratio then later_resident_count * 1.0 / later_count
                else coalesce(
                    group_later_resident_count * 1.0 / nullif(group_later_count, 0), 1
                )
            end as decimal(18, 8)
        ) as panel_factor
    from grouped
    where reference_count > 0
)

select * from final
