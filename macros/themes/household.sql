{#- The household of the last day of each row's span. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_household(calendar) %}
with calendar as (
    select * from {{ calendar }}
),

final as (
    select
        calendar.person_id,
        calendar.year,
        spell.start_date as household_start_date,
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
{% endmacro %}
