{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

-- Two series that are not spliced: the income statistics were revised with 2011.
personal as (
    select
        person_key,
        year,
        'persoonink' as income_series,
        personal_income_gross_eur,
        personal_income_eur,
        personal_income_primary_eur,
        cast(null as int) as personal_income_percentile
    from {{ ref('stg_person_income_2003') }}
    where is_linkable
    union all
    select
        person_key,
        year,
        'inpa' as income_series,
        personal_income_gross_eur,
        personal_income_eur,
        personal_income_primary_eur,
        personal_income_percentile
    from {{ ref('stg_person_income') }}
    where is_linkable
),

delivered_year as (
    select distinct year from personal
),

-- The main earner's key names a household within one year only.
household as (
    select
        member.person_key,
        member.year,
        income.household_income_gross_eur,
        income.household_income_primary_eur,
        income.household_income_percentile,
        income.standardised_income_percentile,
        income.poverty_line_percent
    from {{ ref('stg_household_key') }} as member
    inner join {{ ref('stg_household_income') }} as income
        on
            member.main_earner_key = income.main_earner_key
            and member.year = income.year
),

final as (
    select
        calendar.person_id,
        calendar.year,
        personal.income_series,
        case
            when personal.personal_income_eur is not null then null
            when personal.income_series is not null then 'unknown'
            when delivered_year.year is not null then 'not_in_population'
            else 'not_delivered'
        end as income_missing_reason,
        personal.personal_income_gross_eur,
        personal.personal_income_eur,
        personal.personal_income_primary_eur,
        personal.personal_income_percentile,
        household.household_income_gross_eur,
        household.household_income_primary_eur,
        household.household_income_percentile,
        household.standardised_income_percentile,
        household.poverty_line_percent
    from calendar
    left outer join personal
        on
            calendar.person_key = personal.person_key
            and calendar.year = personal.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join household
        on
            calendar.person_key = household.person_key
            and calendar.year = household.year
)

select * from final
