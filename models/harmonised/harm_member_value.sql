{%- set columns = [
    'survey', 'survey_year', 'member_number', 'variable',
    'delivered_variable as source_variable', 'source_code', 'rule', 'value',
    'missing_kind', 'grade', 'evidence',
] -%}

{{ recoded_answers(columns, "rule != 'combine' and asked_of = 'member'") }},

combined as (
    select
        *,
        'combine' as rule
    from {{ ref('harm_combined') }}
    where member_number > 0
),

answered as (
    select * from recoded
    union all by name
    select * from combined
),

-- The grid has the same places for every household; nobody lives where all was skipped.
living as (
    select distinct
        respondent_id,
        survey,
        survey_year,
        member_number
    from answered
    where missing_kind is distinct from 'routed'
),

unasked as (
    select
        survey,
        survey_year,
        variable,
        rule,
        'not_asked' as missing_kind,
        grade,
        evidence
    from {{ ref('harm_comparability') }}
    where asked_of = 'member' and not is_asked
),

explained as (
    select answered.*
    from answered
    semi join living using (respondent_id, member_number)
    union all by name
    select
        living.*,
        unasked.* exclude (survey, survey_year)
    from living
    inner join unasked using (survey, survey_year)
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        member_number,
        variable,
        source_variable,
        source_code,
        rule,
        value,
        missing_kind,
        grade,
        evidence
    from explained
)

select * from final
