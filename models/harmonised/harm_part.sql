{%- set columns = [
    'survey', 'survey_year', 'variable', 'member_number', 'combine_by',
    'source_position', 'delivered_variable as source_variable', 'source_code', 'is_next', 'value', 'missing_kind', 'grade',
    'evidence',
] -%}

{{ recoded_answers(columns, "rule = 'combine'") }}

select * from recoded
