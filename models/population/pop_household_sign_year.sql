{{ config(tags=['shared']) }}

with calendar as (
    {{ panel_years() }}
),

-- Where no tax register of a year is delivered, silence says nothing.
covered as (
    select year
    from {{ ref('pop_sign_of_life') }}
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
    anti join {{ ref('pop_sign_of_life') }} as sign
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
    inner join {{ ref('pop_sign_of_life') }} as sign
        on
            other_member.person_key = sign.person_key
            and other_member.year = sign.year
    group by home.person_key, home.year
),

final as (
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
)

select * from final
