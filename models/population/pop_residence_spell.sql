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
        {{ run_number('previous_status = status', 'person_key') }} as spell_number
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

dated as (
    select
        person_key,
        start_date,
        lead(start_date) over (partition by person_key order by start_date) as end_date,
        status,
        start_reason,
        ignored_movement_count,
        lag(status) over (partition by person_key order by start_date) as status_before,
        lead(status) over (partition by person_key order by start_date) as status_after
    from spell
),

-- The 12-month rule, absences first: away for less than a year between two stays is no
-- migration; then nor is a stay, such absences included, of less than a year.
short_absence as (
    select
        *,
        status = 'abroad' and status_before = 'resident' and status_after = 'resident'
        and {{ days_between('start_date', 'end_date') }} < {{ var('migration_days') }}
            as is_short_absence
    from dated
),

usual as (
    select
        *,
        case when is_short_absence then 'resident' else status end as usual_status
    from short_absence
),

usual_run as (
    select
        *,
        {{ run_number("usual_status = 'resident'", 'person_key') }} as run_number
    from usual
),

run_bound as (
    select
        *,
        min(start_date) over (
            partition by person_key, usual_status, run_number
        ) as run_start_date,
        max(coalesce(end_date, {{ far_future() }})) over (
            partition by person_key, usual_status, run_number
        ) as run_end_date,
        first_value(status_before) over (
            partition by person_key, usual_status, run_number
            order by start_date
            rows between unbounded preceding and unbounded following
        ) as status_before_run,
        last_value(status_after) over (
            partition by person_key, usual_status, run_number
            order by start_date
            rows between unbounded preceding and unbounded following
        ) as status_after_run
    from usual_run
),

final as (
    select
        person_key,
        start_date,
        end_date,
        status,
        start_reason,
        ignored_movement_count,
        case
            when
                usual_status = 'resident'
                and status_before_run = 'abroad'
                and status_after_run = 'abroad'
                and {{ days_between('run_start_date', 'run_end_date') }}
                < {{ var('migration_days') }}
                then 'abroad'
            else usual_status
        end as usual_status
    from run_bound
)

select * from final
