with

sample_key as (
    select
        survey,
        survey_year,
        sample_number,
        rinpersoons,
        rinpersoon
    from {{ source('landing', 'survey_sample_key') }}
),

final as (
    select
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(sample_number as string) as sample_number,
        cast(rinpersoons as string) as rinpersoons,
        cast(rinpersoon as string) as rinpersoon
    from sample_key
)

select * from final
