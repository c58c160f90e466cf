with source as (
    select * from {{ source('landing', 'overlay_consent') }}
),

typed as (
    select
        survey,
        try_cast(survey_year as int) as survey_year,
        respondent_key,
        decision,
        try_cast(decided_on as date) as decided_on
    from source
)

select * from typed
