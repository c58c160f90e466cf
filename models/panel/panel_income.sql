{{ config(tags=['shared']) }}

{%- set before_2011 = [
    'personal_income_gross_eur', 'personal_income_eur', 'personal_income_primary_eur'
] %}
{%- set from_2011 = {
    'wage_income_eur': 'bigint',
    'business_income_eur': 'bigint',
    'unemployment_benefit_eur': 'bigint',
    'disability_benefit_eur': 'bigint',
    'state_pension_eur': 'bigint',
    'occupational_pension_eur': 'bigint',
    'child_benefit_eur': 'bigint',
    'child_budget_eur': 'bigint',
    'study_grant_eur': 'bigint',
    'housing_benefit_eur': 'bigint',
    'income_tax_eur': 'bigint',
    'personal_income_percentile': 'int',
    'personal_income_percentile_missing_code': 'string',
    'year_socioeconomic_code': 'string',
    'is_economically_independent': 'boolean',
    'is_financially_independent': 'boolean',
    'earner_position_code': 'string',
} %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

member as (
    select person_key from {{ ref('id_spine') }}
),

-- Two series that are not spliced: the income statistics were revised with 2011.
personal as (
    select
        person_key,
        year,
        {% for column, type in from_2011.items() %}
        cast(null as {{ type }}) as {{ column }},
        {% endfor %}
        {{ before_2011 | join(', ') }},
        'persoonink' as income_series
    from {{ resolved(ref('stg_person_income_2003'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('persoonink') }}
    union all
    select
        person_key,
        year,
        {{ from_2011 | join(', ') }},
        {{ before_2011 | join(', ') }},
        'inpa' as income_series
    from {{ resolved(ref('stg_person_income'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('inpatab') }}
),

delivered_year as (
    select distinct year
    from {{ ref('stg_person_income_2003') }}
    where {{ in_catalogue_years('persoonink') }}
    union all
    select distinct year
    from {{ ref('stg_person_income') }}
    where {{ in_catalogue_years('inpatab') }}
),

-- The panel's rows only: those of everybody would not fit in memory beside it.
of_member as (
    select personal.*
    from personal
    semi join member
        on personal.person_key = member.person_key
),

missing_code as (
    select * from {{ ref('missing_number_code') }}
    where column_name = 'personal_income_percentile'
),

price as (
    {{ real_factor() }}
),

final as (
    select
        calendar.person_id,
        calendar.year,
        personal.income_series,
        {{ missing_reason(
            'personal.personal_income_eur',
            'personal.income_series is not null',
            'delivered_year.year is not null'
        ) }} as income_missing_reason,
        {% for column in before_2011 %}
        personal.{{ column }},
        {% endfor %}
        {{ real_eur('personal.personal_income_gross_eur') }}
            as personal_income_gross_real_eur,
        {{ real_eur('personal.personal_income_eur') }} as personal_income_real_eur,
        {% for column in from_2011 if not column.endswith('_missing_code') %}
        personal.{{ column }},
        {% endfor %}
        missing_code.missing_reason as personal_income_percentile_missing_reason
    from calendar
    left outer join price
        on calendar.year = price.year
    left outer join of_member as personal
        on
            calendar.person_key = personal.person_key
            and calendar.year = personal.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join missing_code
        on personal.personal_income_percentile_missing_code = missing_code.missing_code
)

select * from final
