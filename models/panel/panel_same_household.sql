with calendar as (
    {{ panel_years() }}
),

kin as (
    select distinct
        person_key,
        respondent_key
    from {{ ref('id_person_role') }}
    where relation <> 'respondent'
),

pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

-- Household numbers are only compared on one and the same day.
member_day as (
    select
        spell.person_key,
        calendar.year,
        spell.household_number
    from {{ ref('pop_household_spell') }} as spell
    semi join {{ ref('id_spine') }} as spine
        on spell.person_key = spine.person_key
    inner join calendar
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
),

final as (
    select
        member.person_id,
        respondent.person_id as respondent_person_id,
        member_day.year
    from kin
    inner join member_day
        on kin.person_key = member_day.person_key
    inner join member_day as respondent_day
        on
            kin.respondent_key = respondent_day.person_key
            and member_day.year = respondent_day.year
            and member_day.household_number = respondent_day.household_number
    inner join pseudonym as member
        on kin.person_key = member.person_key
    inner join pseudonym as respondent
        on kin.respondent_key = respondent.person_key
)

select * from final
