{{ config(tags=['shared']) }}

with event as (
    select * from {{ ref('pop_residence_event') }}
),

death as (
    select
        person_key,
        start_date as death_date
    from event
    where status = 'dead'
),

-- One event counts per day, and none after death.
counted as (
    select event.*
    from event
    left outer join death
        on event.person_key = death.person_key
    where coalesce(event.start_date <= death.death_date, true)
    qualify row_number() over (
        partition by event.person_key, event.start_date
        order by event.priority desc, event.status desc, event.reason asc
    ) = 1
),

ordered as (
    select
        *,
        lag(status)
            over (partition by person_key order by start_date)
            as previous_status
    from counted
),

-- A second movement in the same direction changes nothing: the first one counts, and
-- the spell keeps the number of movements that did not fit.
numbered as (
    select
        *,
        sum(case when previous_status = status then 0 else 1 end) over (
            partition by person_key
            order by start_date
            rows between unbounded preceding and current row
        ) as spell_number
    from ordered
),

spell as (
    select
        person_key,
        min(start_date) as start_date,
        max(status) as status,
        min_by(reason, start_date) as start_reason,
        cast(
            count(*) filter (where is_recorded and previous_status = status) as int
        ) as ignored_movement_count
    from numbered
    group by person_key, spell_number
),

final as (
    select
        person_key,
        start_date,
        lead(start_date) over (partition by person_key order by start_date) as end_date,
        status,
        start_reason,
        ignored_movement_count
    from spell
)

select * from final
