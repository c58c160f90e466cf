{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

person as (
    select
        person_key,
        birth_date
    from {{ ref('pop_person') }}
),

recorded as (
    select
        person_key,
        movement_date,
        direction,
        max(other_country_code) as other_country_code
    from {{ ref('pop_movement') }}
    where is_recorded
    group by person_key, movement_date, direction
),

-- A spell that opens a life or the registers is no movement.
movement as (
    select
        spell.person_key,
        spell.status,
        spell.start_date,
        coalesce(spell.end_date, {{ far_future() }}) as end_date,
        cast(year(spell.start_date) as int) as movement_year,
        recorded.other_country_code
    from {{ ref('pop_residence_spell') }} as spell
    left outer join recorded
        on
            spell.person_key = recorded.person_key
            and spell.start_date = recorded.movement_date
            and recorded.direction
            = case when spell.status = 'resident' then 'in' else 'out' end
    where
        spell.status in ('resident', 'abroad')
        and spell.start_reason not in ('birth', 'register_start')
),

so_far as (
    select
        calendar.person_id,
        calendar.year,
        movement.*,
        {{ days_between(
            'movement.start_date', 'least(movement.end_date, calendar.last_day + 1)'
        ) }} as day_count
    from calendar
    inner join movement
        on
            calendar.person_key = movement.person_key
            and calendar.year >= movement.movement_year
),

counted as (
    select
        person_id,
        year,
        min(start_date) filter (where status = 'resident') as first_arrival_date,
        max(start_date) filter (where status = 'resident') as last_arrival_date,
        {{ last_value_of(
            'other_country_code', 'start_date', "status = 'resident'"
        ) }} as last_arrival_country_code,
        max(start_date) filter (where status = 'abroad') as last_departure_date,
        {{ last_value_of(
            'other_country_code', 'start_date', "status = 'abroad'"
        ) }} as last_departure_country_code,
        cast(
            count(*) filter (where status = 'resident' and movement_year = year) as int
        ) as arrival_count,
        cast(
            count(*) filter (where status = 'abroad' and movement_year = year) as int
        ) as departure_count,
        cast(count(*) filter (where status = 'abroad') as int) as abroad_spell_count,
        cast(coalesce(sum(day_count) filter (where status = 'abroad'), 0) as int)
            as abroad_total_days
    from so_far
    group by person_id, year
),

-- Of residents at the start of the registers no earlier arrival is known.
present_at_start as (
    select distinct person_key
    from {{ ref('pop_residence_spell') }}
    where status = 'resident' and start_reason = 'register_start'
),

final as (
    select
        calendar.person_id,
        calendar.year,
        cast(year(counted.first_arrival_date) as int) as first_arrival_year,
        cast(year(counted.last_arrival_date) as int) as last_arrival_year,
        counted.first_arrival_date,
        counted.last_arrival_date,
        {{ age_on('person.birth_date', 'counted.first_arrival_date') }}
            as first_arrival_age,
        {{ age_on('counted.first_arrival_date', 'calendar.last_day') }}
            as years_since_first_arrival,
        {{ age_on('counted.last_arrival_date', 'calendar.last_day') }}
            as years_since_last_arrival,
        counted.last_arrival_country_code,
        present_at_start.person_key is not null as is_present_at_register_start,
        coalesce(counted.arrival_count, 0) as arrival_count,
        coalesce(counted.departure_count, 0) as departure_count,
        counted.last_departure_date,
        counted.last_departure_country_code,
        coalesce(counted.abroad_spell_count, 0) as abroad_spell_count,
        coalesce(counted.abroad_total_days, 0) as abroad_total_days
    from calendar
    inner join person
        on calendar.person_key = person.person_key
    left outer join counted
        on
            calendar.person_id = counted.person_id
            and calendar.year = counted.year
    left outer join present_at_start
        on calendar.person_key = present_at_start.person_key
)

select * from final
