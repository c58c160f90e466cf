-- A row that maps nothing is a slip of the pen, or a code that the survey renamed.
with

crosswalk_value as (
    select
        *,
        try_cast(source_code as double) as lowest,
        try_cast(source_code_to as double) as highest
    from {{ ref('harm_crosswalk_value') }}
    -- What a file leaves missing depends on who was interviewed.
    where source_code not in ('(system)', '(empty)')
),

crosswalk_variable as (
    select * from {{ ref('harm_crosswalk_variable') }}
),

crosswalk_source as (
    select * from {{ ref('harm_crosswalk_source') }}
),

delivered_survey as (
    select distinct
        survey,
        survey_year
    from {{ ref('harm_interview') }}
),

-- A row about household members is used when it maps a code of one of them.
delivered_code as (
    select
        crosswalk_source.survey,
        crosswalk_source.survey_year,
        crosswalk_source.variable,
        crosswalk_source.source_variable,
        delivered.source_code,
        try_cast(delivered.source_code as double) as number,
        sum(delivered.delivered_count) over (
            partition by
                delivered.survey,
                delivered.survey_year,
                delivered.source_key,
                crosswalk_source.variable,
                crosswalk_source.member_number
        ) as source_count
    from crosswalk_source
    inner join {{ ref('harm_delivered_code') }} as delivered
        using (survey, survey_year, source_key)
),

unlisted as (
    select
        crosswalk_value.*,
        'crosswalk_variable does not list this source for the variable: '
        || 'list it, or delete the row' as what_to_do
    from crosswalk_value
    left outer join crosswalk_variable using (survey, survey_year, variable)
    anti join crosswalk_source
        using (survey, survey_year, variable, source_variable)
    where
        crosswalk_value.source_variable != '(combined)'
        or coalesce(crosswalk_variable.rule, '') != 'combine'
),

unused as (
    select
        crosswalk_value.*,
        'the code is neither in the data nor in the labels: delete or correct the row'
            as what_to_do
    from crosswalk_value
    semi join crosswalk_source
        using (survey, survey_year, variable, source_variable)
    semi join delivered_survey using (survey, survey_year)
    anti join delivered_code
        on
            crosswalk_value.survey = delivered_code.survey
            and crosswalk_value.survey_year = delivered_code.survey_year
            and crosswalk_value.variable = delivered_code.variable
            and crosswalk_value.source_variable = delivered_code.source_variable
            and (
                crosswalk_value.source_code = delivered_code.source_code
                or delivered_code.number
                between crosswalk_value.lowest and crosswalk_value.highest
                -- Few interviews do not fill every range.
                or (
                    crosswalk_value.source_code_to is not null
                    and delivered_code.source_count < 500
                )
            )
)

select
    survey,
    survey_year,
    variable,
    source_variable,
    source_code as code,
    source_label as label,
    what_to_do
from unlisted
union all
select
    survey,
    survey_year,
    variable,
    source_variable,
    source_code as code,
    source_label as label,
    what_to_do
from unused
