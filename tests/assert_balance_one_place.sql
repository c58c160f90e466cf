{#- The harm: one person lives in two households or at two addresses on one day, and is
    counted twice in every household and neighbourhood. -#}
{% set spells = {
    'pop_address_spell': 'address_key',
    'pop_household_spell': 'household_number',
    'pop_residence_spell': 'status',
} %}

with calendar as (
    select last_day
    from {{ ref('calendar_year') }}
    where year between {{ var('first_year') }} and {{ var('last_year') }}
)

{% for spell, place in spells.items() %}
select
    '{{ spell }}' as spell,
    spell.person_key,
    calendar.last_day,
    count(*) as place_count,
    min(spell.{{ place }}) as first_place,
    max(spell.{{ place }}) as last_place
from {{ ref(spell) }} as spell
inner join calendar
    on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
group by spell.person_key, calendar.last_day
having count(*) > 1
{{ "union all" if not loop.last }}
{% endfor %}
