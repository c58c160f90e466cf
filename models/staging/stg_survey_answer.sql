with

answer as (
    select
        survey,
        survey_year,
        respondent_key,
        variable,
        code,
        missing_kind
    from {{ source('landing', 'survey_answer') }}
),

final as (
    select
        -- ids
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(respondent_key as string) as respondent_key,
        -- answer
        cast(variable as string) as variable,
        cast(code as string) as code,
        cast(missing_kind as string) as missing_kind
    from answer
)

select * from final
