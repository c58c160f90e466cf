{%- set columns = [
    'survey', 'survey_year', 'variable', 'source_variable', 'source_code', 'rule',
    'value', 'missing_kind', 'grade', 'evidence',
] -%}

{{ recoded_answers(columns, "rule != 'combine' and asked_of = 'respondent'") }},

combined as (
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
    from {{ ref('harm_combined') }}
    where member_number = 0
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
    where asked_of = 'respondent'
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
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        rule,
        value,
        missing_kind,
        grade,
        evidence
    from recoded
    union all
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        rule,
        value,
        missing_kind,
        grade,
        evidence
    from combined
    union all
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        rule,
        value,
        missing_kind,
        grade,
        evidence
    from not_asked
)

select * from final
