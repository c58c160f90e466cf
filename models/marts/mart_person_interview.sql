{#- Each column at its last reference date on or before the day: spells on the day
    itself, the rest from the panel year that `reference` in the contract leads to. -#}
{%- set of_interview = [
    'respondent_id', 'years_from_interview', 'person_id', 'survey', 'survey_year',
    'interview_date', 'reference_date', 'year'
] -%}
{%- set themes = [
    'demography', 'couple', 'household', 'residence', 'address', 'labour'
] -%}
{%- set of_day = [] -%}
{%- for theme in themes -%}
{%- do of_day.extend(contract_columns('panel_interview_' ~ theme)) -%}
{%- endfor -%}
{%- set relation = {'1 October': 'in_october', '31 December': 'in_december'} -%}
{%- set year_of = {
    'in_year': 'year', 'in_october': 'october_year', 'in_december': 'december_year'
} -%}

with on_day as (
    select *  -- noqa: RF02
    from {{ ref('panel_interview_demography') }}
    {% for theme in themes[1:] %}
    left outer join {{ ref('panel_interview_' ~ theme) }} using (person_id, year)
    {% endfor %}
),

final as (
    select
        {% for column in of_interview %}
        anniversary.{{ column }}{{ "," if not loop.last }}
        {% endfor %}
        {%- for column, contract in model.columns.items()
            if column not in of_interview %},
        {%- set reference = contract.meta.get('reference') %}
        {%- if column in of_day and reference != 'year total' %}
        on_day.{{ column }}
        {%- else %}
        {{ relation.get(reference, 'in_year') }}.{{ column }}
        {%- endif %}
    {%- endfor %}
    from {{ ref('panel_interview_day') }} as anniversary
    inner join on_day
        on
            anniversary.respondent_id = on_day.person_id
            and anniversary.year = on_day.year
    {% for name, column in year_of.items() %}
    left outer join {{ ref('mart_person_year') }} as {{ name }}  -- noqa: ST11
        on
            anniversary.person_id = {{ name }}.person_id
            and anniversary.{{ column }} = {{ name }}.year
    {% endfor %}
)

select * from final
