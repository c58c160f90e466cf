{{ config(tags=['shared']) }}

with calendar as (
    select
        panel.person_id,
        panel.year,
        pseudonym.person_key,
        calendar_year.last_day
    from {{ ref('panel_calendar') }} as panel
    inner join {{ ref('calendar_year') }} as calendar_year
        on panel.year = calendar_year.year
    inner join {{ ref('id_person_key') }} as pseudonym
        on panel.person_id = pseudonym.person_id
),

final as (
    select
        calendar.person_id,
        calendar.year,
        spell.household_type_code,
        spell.household_place_code,
        spell.is_reference_person as is_household_reference_person,
        spell.person_count as household_person_count,
        spell.child_count as household_child_count,
        {{ age_on('spell.youngest_child_birth_month', 'calendar.last_day') }}
            as household_youngest_child_age
    from calendar
    left outer join {{ ref('pop_household_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
)

select * from final
