with

final as (
    select
        cast(respondent_id as string) as respondent_id,
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(term as string) as term,
        coordinate,
        effect,
        spread
    from {{ ref('wgt_variance_term_source') }}
)

select * from final
