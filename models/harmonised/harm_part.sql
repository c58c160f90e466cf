with

interview as (
    select
        respondent_id,
        survey,
        survey_year,
        respondent_key,
        interview_date
    from {{ ref('harm_interview') }}
),

code as (
    select * from {{ ref('harm_code') }}
    where rule = 'combine'
),

answer as (
    select
        survey,
        survey_year,
        respondent_key,
        lower(variable) as source_key,
        {{ delivered_code() }} as source_code
    from {{ ref('stg_survey_answer') }}
    union all
    -- What holds for the whole survey.
    select
        survey,
        survey_year,
        respondent_key,
        '(design)' as source_key,
        '(all)' as source_code
    from interview
),

final as (
    select
        interview.respondent_id,
        code.survey,
        code.survey_year,
        code.variable,
        code.combine_by,
        code.source_position,
        code.source_variable,
        code.source_code,
        code.is_next,
        code.value,
        code.missing_kind,
        code.grade,
        code.evidence
    from answer
    inner join code using (survey, survey_year, source_key, source_code)
    inner join interview using (survey, survey_year, respondent_key)
    where {{ is_valid_on('interview.interview_date') }}
)

select * from final
