-- An interview without its drawn unit has no weight; an answer may be lost.
with

sampled_survey as (
    select distinct
        survey,
        survey_year
    from {{ ref('harm_drawn_unit') }}
),

interview as (
    select
        harm_interview.survey,
        harm_interview.survey_year,
        harm_interview.respondent_id
    from {{ ref('harm_interview') }} as harm_interview
    semi join sampled_survey using (survey, survey_year)
),

interviewed_unit as (
    select
        survey,
        survey_year,
        respondent_id,
        sample_number
    from {{ ref('harm_drawn_unit') }}
    where disposition = 'interview'
)

select
    survey,
    survey_year,
    respondent_id,
    interviewed_unit.sample_number,
    case
        when interviewed_unit.sample_number is null
            then 'interview without an interviewed unit in the sample file'
        else 'unit marked as interviewed without a row in the survey file'
    end as problem
from interview
full outer join interviewed_unit using (survey, survey_year, respondent_id)
where
    interview.survey is null
    or interviewed_unit.survey is null
