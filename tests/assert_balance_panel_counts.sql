{#- The harm: the panel loses or doubles people of one origin in one year, on the way
    from whole registers to the wide table. Of every origin and year it holds exactly
    the residents of the population that belong to the spine. -#}
with population as (
    select
        calendar.year,
        person.origin_group,
        count(*) as person_count,
        count(spine.person_key) as spine_count
    from {{ ref('calendar_year') }} as calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
    inner join {{ ref('pop_person') }} as person
        on spell.person_key = person.person_key
    left outer join {{ ref('id_spine') }} as spine
        on spell.person_key = spine.person_key
    where
        spell.status = 'resident'
        and calendar.year between {{ var('first_year') }} and {{ var('last_year') }}
        and coalesce(person.birth_date <= calendar.last_day, true)
    group by calendar.year, person.origin_group
),

panel as (
    select
        year,
        origin_group,
        count(*) as person_count
    from {{ ref('mart_person_year') }}
    where residence_status = 'resident'
    group by year, origin_group
)

select
    population.year,
    population.origin_group,
    population.person_count,
    population.spine_count,
    panel.person_count as panel_count
from population
left outer join panel
    on
        population.year = panel.year
        and population.origin_group = panel.origin_group
where population.spine_count <> coalesce(panel.person_count, 0)
