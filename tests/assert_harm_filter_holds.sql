-- An answer of somebody whom the question is not for is a filter error, or a crosswalk
-- that reads the wrong question.
with

let_through as (
    select
        variable,
        filter_variable,
        list(filter_value) as filter_values
    from {{ ref('harmonised_filter') }}
    group by all
),

answer as (
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        value
    from {{ ref('harm_value') }}
    where value is not null
),

asked_of_others as (
    select
        survey,
        survey_year,
        variable
    from {{ ref('harm_crosswalk_variable') }}
    where reason in ('population', 'routing')
)

select
    answer.survey,
    answer.survey_year,
    answer.variable,
    let_through.filter_variable,
    min(filter_answer.value) as example_value,
    count(*) as answer_count,
    'mend the crosswalk, or give the wave the reason population or routing'
        as what_to_do
from answer
inner join let_through
    on answer.variable = let_through.variable
inner join answer as filter_answer
    on
        answer.respondent_id = filter_answer.respondent_id
        and let_through.filter_variable = filter_answer.variable
anti join asked_of_others
    on
        answer.survey = asked_of_others.survey
        and answer.survey_year = asked_of_others.survey_year
        and answer.variable = asked_of_others.variable
where not list_contains(let_through.filter_values, filter_answer.value)
group by
    answer.survey,
    answer.survey_year,
    answer.variable,
    let_through.filter_variable
