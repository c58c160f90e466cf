with

answer as (
    {{ delivered_answers() }}
),

date_code as (
    select
        survey,
        survey_year,
        source_key,
        source_code,
        source_position,
        value
    from {{ ref('harm_code') }}
    where variable = 'interview_date'
),

interview as (
    select distinct
        survey,
        survey_year,
        respondent_key
    from answer
),

date_answer as (
    select answer.*
    from answer
    semi join date_code using (survey, survey_year, source_key)
    union all
    -- What holds for the whole survey, such as its year.
    select
        survey,
        survey_year,
        respondent_key,
        '(design)' as source_key,
        '(all)' as source_code
    from interview
),

-- The date is delivered whole, or in parts that stand in the order year, month, day.
dated as (
    select
        date_answer.survey,
        date_answer.survey_year,
        date_answer.respondent_key,
        string_agg(date_code.value, '-' order by date_code.source_position)
            as interview_date
    from date_answer
    inner join date_code using (survey, survey_year, source_key, source_code)
    group by all
),

final as (
    select
        {{ respondent_id('interview') }} as respondent_id,
        interview.survey,
        interview.survey_year,
        interview.respondent_key,
        try_cast(dated.interview_date as date) as interview_date
    from interview
    left outer join dated using (survey, survey_year, respondent_key)
)

select * from final
