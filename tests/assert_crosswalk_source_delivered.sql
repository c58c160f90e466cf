-- A renamed variable would turn a whole survey into "not asked".
with

answered_variable as (
    select distinct
        survey,
        survey_year,
        variable as delivered_variable
    from {{ ref('stg_survey_answer') }}
),

delivered_code as (
    select * from {{ ref('harm_delivered_code') }}
),

missing_source as (
    select crosswalk_source.*
    from {{ ref('harm_crosswalk_source') }} as crosswalk_source
    semi join answered_variable using (survey, survey_year)
    anti join delivered_code using (survey, survey_year, source_key)
    where
        crosswalk_source.source_key != '(design)'
        and crosswalk_source.source_key not like 'sample:%'
)

select
    missing_source.survey,
    missing_source.survey_year,
    missing_source.variable,
    missing_source.source_variable,
    max_by(
        answered_variable.delivered_variable,
        jaro_winkler_similarity(
            missing_source.source_key, lower(answered_variable.delivered_variable)
        )
    ) as nearest_delivered_variable,
    'the file does not hold this variable: correct source_variables, or use the '
    || 'rule absent' as what_to_do
from missing_source
inner join answered_variable using (survey, survey_year)
group by all
