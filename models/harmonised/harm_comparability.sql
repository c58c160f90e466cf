with

crosswalk_variable as (
    select * from {{ ref('harm_crosswalk_variable') }}
),

harmonised_variable as (
    select
        variable,
        asked_of
    from {{ ref('harmonised_variable') }}
    where asked_of in ('respondent', 'member')
),

delivered_survey as (
    select distinct
        survey,
        survey_year
    from {{ ref('harm_interview') }}
),

survey as (
    select
        survey,
        survey_year
    from crosswalk_variable
    union
    select
        survey,
        survey_year
    from delivered_survey
),

final as (
    select
        harmonised_variable.variable,
        harmonised_variable.asked_of,
        survey.survey,
        survey.survey_year,
        delivered_survey.survey is not null as is_delivered,
        crosswalk_variable.source_variables is not null as is_asked,
        crosswalk_variable.source_variables,
        -- A variable without a row was not asked, as far as the crosswalk knows.
        coalesce(crosswalk_variable.rule, 'absent') as rule,
        coalesce(crosswalk_variable.grade, 'absent') as grade,
        coalesce(crosswalk_variable.reason, 'not_asked') as reason,
        coalesce(crosswalk_variable.evidence, 'assumed') as evidence,
        crosswalk_variable.note
    from harmonised_variable
    cross join survey
    left outer join delivered_survey using (survey, survey_year)
    left outer join crosswalk_variable using (survey, survey_year, variable)
)

select * from final
