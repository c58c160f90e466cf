with

final as (
    select
        survey,
        survey_year,
        domain,
        variant,
        margin,
        category,
        collapsed_category,
        reason,
        detail,
        respondent_count,
        population_total,
        target_total
    from {{ ref('wgt_collapse_plan') }}
)

select * from final
