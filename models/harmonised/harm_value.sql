{%- set columns = [
    'survey', 'survey_year', 'variable', 'source_variable', 'source_code', 'rule',
    'value', 'missing_kind', 'grade', 'evidence',
] -%}

{{ recoded_answers(columns, "rule != 'combine' and asked_of = 'respondent'") }},

combined as (
    select
        *,
        'combine' as rule
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
        comparability.* exclude (comparability.is_asked),
        'not_asked' as missing_kind
    from interview
    inner join comparability using (survey, survey_year)
    where not comparability.is_asked
),

answered as (
    select * from recoded
    union all by name
    select * from combined
    union all by name
    select * from not_asked
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
    from answered
)

select * from final
