with

final as (
    select
        start.respondent_id,
        start.survey,
        start.survey_year,
        start.domain,
        start.variant,
        collapse.margin,
        collapse.collapsed_category as category
    from {{ ref('wgt_start') }} as start
    inner join {{ ref('wgt_unit_category') }} as unit using (respondent_id)
    inner join {{ ref('wgt_collapse') }} as collapse
        on
            start.survey = collapse.survey
            and start.survey_year = collapse.survey_year
            and start.domain = collapse.domain
            and start.variant = collapse.variant
            and unit.margin = collapse.margin
            and unit.category = collapse.category
    where collapse.collapsed_category is not null
)

select * from final
