{{ config(tags=['shared']) }}

{#- Kinds of care, each with the delivered kinds it adds up; a kind that a year's file
    lacks is null there. -#}
{%- set kinds = {
    'gp': ['gp_cost_eur'],
    'pharmacy': ['pharmacy_cost_eur'],
    'dental': ['dental_cost_eur'],
    'hospital': ['hospital_cost_eur'],
    'paramedic': ['paramedic_cost_eur'],
    'aids': ['aids_cost_eur'],
    'transport': ['transport_cost_eur'],
    'maternity': ['maternity_cost_eur'],
    'abroad': ['care_abroad_cost_eur'],
    'multidisciplinary': ['multidisciplinary_cost_eur'],
    'nursing': ['nursing_cost_eur'],
    'geriatric': ['geriatric_cost_eur', 'primary_stay_cost_eur'],
    'basic_mental': ['psychologist_cost_eur', 'basic_mental_cost_eur'],
    'specialist_mental': ['mental_care_cost_eur', 'specialist_mental_cost_eur'],
    'other': ['other_care_cost_eur'],
} %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

member as (
    select person_key from {{ ref('id_spine') }}
),

cost as (
    select delivered.*
    from {{ resolved(ref('stg_care_cost'), one_per='year') }} as delivered
    semi join member
        on delivered.person_key = member.person_key
    where delivered.is_linkable
),

delivered_year as (
    select distinct year from {{ ref('stg_care_cost') }}
),

kind as (
    select
        calendar.person_id,
        calendar.year,
        {% for kind, parts in kinds.items() %}
        case
            when not (cost.{{ parts | join(' is null and cost.') }} is null)
                then coalesce(cost.{{ parts | join(', 0) + coalesce(cost.') }}, 0)
        end as {{ kind }}_eur,
        {% endfor %}
        case
            when cost.basic_mental_cost_eur is not null then 'basic_and_specialist'
            when cost.mental_care_cost_eur is not null then 'psychologist_and_mental'
        end as mental_care_series,
        cost.person_key is not null as is_present
    from calendar
    left outer join cost
        on
            calendar.person_key = cost.person_key
            and calendar.year = cost.year
),

price as (
    {{ real_factor() }}
),

priced as (
    select
        kind.person_id,
        kind.year,
        kind.is_present,
        kind.mental_care_series,
        {% for kind in kinds %}
        {{ real_eur('kind.' ~ kind ~ '_eur') }} as care_{{ kind }}_real_eur,
        {% endfor %}
        case
            when kind.is_present
                then cast(
                    round(
                        0
                        {% for kind in kinds %}
                        + coalesce(kind.{{ kind }}_eur, 0)
                        {% endfor %}
                    ) as bigint
                )
        end as care_total_eur,
        price.real_factor
    from kind
    left outer join price
        on kind.year = price.year
),

final as (
    select
        priced.person_id,
        priced.year,
        {{ missing_reason(
            'priced.care_total_eur',
            'priced.is_present',
            'delivered_year.year is not null'
        ) }} as care_missing_reason,
        priced.care_total_eur,
        cast(round(priced.care_total_eur * priced.real_factor, 0) as bigint)
            as care_total_real_eur,
        {% for kind in kinds %}
        priced.care_{{ kind }}_real_eur,
        {% endfor %}
        priced.mental_care_series
    from priced
    left outer join delivered_year
        on priced.year = delivered_year.year
)

select * from final
