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

answer as (
    select
        survey,
        survey_year,
        respondent_key,
        lower(variable) as source_key,
        {{ delivered_code() }} as source_code
    from {{ ref('stg_survey_answer') }}
),

code as (
    select * from {{ ref('harm_code') }}
    where rule != 'combine'
),

combined as (
    select * from {{ ref('harm_combined') }}
),

comparability as (
    select
        variable,
        survey,
        survey_year,
        is_asked,
        rule,
        grade,
        evidence
    from {{ ref('harm_comparability') }}
),

-- One hash join recodes every answer.
single as (
    select
        interview.respondent_id,
        code.survey,
        code.survey_year,
        code.variable,
        code.source_variable,
        code.source_code,
        code.rule,
        code.value,
        code.missing_kind,
        code.grade,
        code.evidence
    from answer
    inner join code using (survey, survey_year, source_key, source_code)
    inner join interview using (survey, survey_year, respondent_key)
    where {{ is_valid_on('interview.interview_date') }}
),

-- What holds for every interview of a survey.
design as (
    select
        interview.respondent_id,
        code.survey,
        code.survey_year,
        code.variable,
        code.source_variable,
        code.source_code,
        code.rule,
        code.value,
        code.missing_kind,
        code.grade,
        code.evidence
    from interview
    inner join code using (survey, survey_year)
    where
        code.source_key = '(design)'
        and {{ is_valid_on('interview.interview_date') }}
),

not_asked as (
    select
        interview.respondent_id,
        interview.survey,
        interview.survey_year,
        comparability.variable,
        cast(null as string) as source_variable,
        cast(null as string) as source_code,
        comparability.rule,
        cast(null as string) as value,
        'not_asked' as missing_kind,
        comparability.grade,
        comparability.evidence
    from interview
    inner join comparability using (survey, survey_year)
    where not comparability.is_asked
),

final as (
    select * from single
    union all
    select * from design
    union all
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        'combine' as rule,
        value,
        missing_kind,
        grade,
        evidence
    from combined
    union all
    select * from not_asked
)

select * from final
