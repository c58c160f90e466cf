{{ config(tags=['shared']) }}

{%- set percentiles = [
    'household_income_percentile', 'standardised_income_percentile',
    'poverty_line_percent', 'poverty_line_long_percent'
] %}

with calendar as (
    select
        person_id,
        year
    from {{ ref('id_person_year') }}
),

-- Two series that are not spliced; the new one has no disposable amount, only its rank.
household as (
    select
        core_person_key as household_head_key,
        year,
        'huishbvrink' as household_income_series,
        household_income_gross_eur,
        household_income_primary_eur,
        household_income_disposable_eur,
        cast(null as int) as person_count,
        {% for column in percentiles %}
        cast(null as int) as {{ column }},
        cast(null as string) as {{ column }}_missing_code,
        {% endfor %}
        cast(null as string) as household_main_source_code,
        cast(null as string) as tenure_code,
        cast(null as boolean) as is_benefit_dependent
    from {{ ref('stg_household_income_2003') }}
    where
        is_linkable
        and {{ in_catalogue_years('huishbvrink') }}
    union all
    select
        main_earner_key as household_head_key,
        year,
        'inha' as household_income_series,
        household_income_gross_eur,
        household_income_primary_eur,
        cast(null as bigint) as household_income_disposable_eur,
        person_count,
        {% for column in percentiles %}
        {{ column }},
        {{ column }}_missing_code,
        {% endfor %}
        household_main_source_code,
        tenure_code,
        is_benefit_dependent
    from {{ ref('stg_household_income') }}
    where
        is_linkable
        and {{ in_catalogue_years('inhatab') }}
),

delivered_year as (
    select distinct year
    from {{ ref('stg_household_income_2003') }}
    where {{ in_catalogue_years('huishbvrink') }}
    union all
    select distinct year
    from {{ ref('stg_household_income') }}
    where {{ in_catalogue_years('inhatab') }}
),

member as (
    select * from {{ ref('id_household_member') }}
),

-- The panel's households only: all of them would not fit in memory beside it.
of_member as (
    select household.*
    from household
    semi join member
        on household.household_head_key = member.household_head_key
),

price as (
    {{ real_factor() }}
),

-- Equivalised by the square root of the number of people.
final as (
    select
        calendar.person_id,
        calendar.year,
        household.household_income_series,
        {{ missing_reason(
            'household.household_income_gross_eur',
            'household.household_income_series is not null',
            'delivered_year.year is not null'
        ) }} as household_income_missing_reason,
        coalesce(household.person_count, member.person_count)
            as income_household_person_count,
        household.household_income_gross_eur,
        household.household_income_primary_eur,
        household.household_income_disposable_eur,
        {{ real_eur('household.household_income_gross_eur') }}
            as household_income_gross_real_eur,
        {{ real_eur(
            'household.household_income_gross_eur / sqrt(coalesce('
            ~ 'household.person_count, member.person_count))'
        ) }} as household_income_equivalised_real_eur,
        {% for column in percentiles %}
        household.{{ column }},
        {{ column }}_code.missing_reason as {{ column }}_missing_reason,
        {% endfor %}
        household.poverty_line_percent < 100 as is_below_poverty_line,
        household.household_main_source_code,
        household.is_benefit_dependent,
        household_tenure.household_tenure
    from calendar
    left outer join price
        on calendar.year = price.year
    left outer join member
        on
            calendar.person_id = member.person_id
            and calendar.year = member.year
    left outer join of_member as household
        on
            member.household_head_key = household.household_head_key
            and member.year = household.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join {{ ref('household_tenure') }} as household_tenure
        on household.tenure_code = household_tenure.tenure_code
    {% for column in percentiles %}
    {{ missing_code_join(column, 'household') }}
    {% endfor %}
)

select * from final
