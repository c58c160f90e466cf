{{ config(tags=['shared']) }}

with calendar as (
    select
        year,
        last_day
    from {{ ref('calendar_year') }}
    where year between {{ var('first_year') }} and {{ var('last_year') }}
),

sign as (
    select
        person_key,
        year,
        last_sign_date,
        has_tax_sign
    from {{ ref('pop_sign_of_life') }}
),

-- Where no tax register of a year is delivered, silence says nothing.
covered as (
    select year
    from sign
    group by year
    having bool_or(has_tax_sign)
),

signless as (
    select
        spell.person_key,
        calendar.year,
        calendar.last_day,
        spell.start_date
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
    anti join sign
        on
            spell.person_key = sign.person_key
            and calendar.year = sign.year
    where spell.status = 'resident'
),

home as (
    select
        signless.person_key,
        signless.year,
        spell.household_number
    from signless
    inner join {{ ref('pop_household_spell') }} as spell
        on
            signless.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'signless.last_day') }}
),

other_member as (
    select
        spell.person_key,
        calendar.year,
        spell.household_number
    from {{ ref('pop_household_spell') }} as spell
    semi join home
        on spell.household_number = home.household_number
    inner join calendar
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
),

household_sign as (
    select
        home.person_key,
        home.year,
        max(sign.last_sign_date) as last_household_sign_date
    from home
    inner join other_member
        on
            home.household_number = other_member.household_number
            and home.year = other_member.year
    inner join sign
        on
            other_member.person_key = sign.person_key
            and other_member.year = sign.year
    group by home.person_key, home.year
),

flagged as (
    select
        signless.person_key,
        signless.year,
        signless.start_date,
        covered.year is not null as is_covered,
        household_sign.person_key is not null as has_household_sign,
        household_sign.last_household_sign_date
    from signless
    left outer join covered
        on signless.year = covered.year
    left outer join household_sign
        on
            signless.person_key = household_sign.person_key
            and signless.year = household_sign.year
),

-- Years in a row in which nobody of the household gave a sign: their year minus their
-- rank is the same number while the row lasts.
silent as (
    select
        *,
        year - row_number() over (
            partition by person_key, start_date order by year
        ) as run
    from flagged
    where is_covered and not has_household_sign
),

counted as (
    select
        person_key,
        year,
        cast(
            row_number() over (
                partition by person_key, start_date, run order by year
            ) as int
        ) as years_without_sign
    from silent
),

final as (
    select
        flagged.person_key,
        flagged.year,
        flagged.is_covered,
        flagged.has_household_sign,
        flagged.last_household_sign_date,
        case
            when flagged.is_covered then coalesce(counted.years_without_sign, 0)
        end as years_without_sign
    from flagged
    left outer join counted
        on
            flagged.person_key = counted.person_key
            and flagged.year = counted.year
)

select * from final
