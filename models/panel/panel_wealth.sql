{{ config(tags=['shared']) }}

{%- set amounts = [
    'household_wealth_eur', 'household_assets_eur', 'financial_assets_eur',
    'real_estate_eur', 'business_assets_eur', 'household_debt_eur',
    'mortgage_debt_eur', 'student_debt_eur', 'wealth_without_home_eur'
] %}
{%- set percentiles = ['wealth_percentile', 'welfare_percentile'] %}

with calendar as (
    select
        person_id,
        year
    from {{ ref('id_person_year') }}
),

member as (
    select * from {{ ref('id_household_member') }}
),

head as (
    select distinct wealth_head_key from member
),

wealth as (
    select wealth.*
    from {{ ref('stg_wealth') }} as wealth
    semi join head
        on wealth.main_earner_key = head.wealth_head_key
    where wealth.is_linkable
),

delivered_year as (
    select distinct year from {{ ref('stg_wealth') }}
),

price as (
    {{ real_factor() }}
),

final as (
    select
        calendar.person_id,
        calendar.year,
        case when wealth.main_earner_key is not null then 'veh' end as wealth_series,
        {{ missing_reason(
            'wealth.household_wealth_eur',
            'wealth.main_earner_key is not null',
            'delivered_year.year is not null'
        ) }} as wealth_missing_reason,
        {% for column in amounts %}
        wealth.{{ column }},
        {% endfor %}
        {% for column in percentiles %}
        wealth.{{ column }},
        {{ column }}_code.missing_reason as {{ column }}_missing_reason,
        {% endfor %}
        {{ real_eur('wealth.household_wealth_eur') }} as household_wealth_real_eur
    from calendar
    left outer join price
        on calendar.year = price.year
    left outer join member
        on
            calendar.person_id = member.person_id
            and calendar.year = member.year
    left outer join wealth
        on
            member.wealth_head_key = wealth.main_earner_key
            and member.year = wealth.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    {% for column in percentiles %}
    {{ missing_code_join(column, 'wealth') }}
    {% endfor %}
)

select * from final
