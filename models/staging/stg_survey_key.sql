with

survey_key as (
    select
        survey,
        survey_year,
        respondent_key,
        rinpersoons,
        rinpersoon
    from {{ source('landing', 'survey_key') }}
),

final as (
    select
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(respondent_key as string) as respondent_key,
        cast(rinpersoons as string) as rinpersoons,
        cast(rinpersoon as string) as rinpersoon
    from survey_key
)

select * from final
