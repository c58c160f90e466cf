{{ config(tags=['shared']) }}

{% set register_start = "date '" ~ var('register_start') ~ "'" %}

with band as (
    select
        survey.survey,
        survey.survey_year,
        category.margin,
        category.category,
        category.lower as lower_value,
        category.upper as upper_value,
        -- How long somebody lives here is known back to the start of the registers.
        category.margin <> 'residence'
        or category.lower = 0
        or survey.reference_date
        >= {{ register_start }} + cast(365.25 * category.lower as int) as is_usable
    from {{ ref('survey_population') }} as survey
    cross join {{ ref('margin_category') }} as category
    where category.lower is not null
),

final as (
    select
        survey,
        survey_year,
        margin,
        category,
        lower_value,
        coalesce(
            lead(lower_value) over (
                partition by survey, survey_year, margin
                order by lower_value
            ),
            999
        ) as upper_value
    from band
    where is_usable
)

select * from final
