-- A null without a reason hides whether somebody refused or was never asked.
with

respondent_variable as (
    select variable
    from {{ ref('harmonised_variable') }}
    where asked_of = 'respondent'
),

expected as (
    select
        interview.survey,
        interview.survey_year,
        respondent_variable.variable,
        count(*) as interview_count
    from {{ ref('harm_interview') }} as interview
    cross join respondent_variable
    group by all
),

found as (
    select
        survey,
        survey_year,
        variable,
        count(*) as row_count,
        count(*) filter (where (value is null) = (missing_kind is null))
            as unclear_count,
        count(*) filter (
            where value is not null and (missing_kind = 'not_asked' or rule = 'absent')
        ) as answered_unasked_count
    from {{ ref('harm_value') }}
    group by all
)

select
    survey,
    survey_year,
    variable,
    expected.interview_count,
    found.row_count,
    found.unclear_count,
    found.answered_unasked_count,
    'each interview has one value or one reason for each variable' as rule
from expected
full outer join found using (survey, survey_year, variable)
where
    expected.interview_count is distinct from found.row_count
    or found.unclear_count > 0
    or found.answered_unasked_count > 0
