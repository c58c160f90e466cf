{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        spell.status,
        spell.start_date,
        spell.start_reason,
        coalesce(spell.end_date > calendar.last_day, true) as is_last,
        greatest(spell.start_date, calendar.first_day) as from_date,
        least(coalesce(spell.end_date, {{ far_future() }}), calendar.last_day + 1)
            as until_date
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and coalesce(calendar.first_day < spell.end_date, true)
),

counted as (
    select
        *,
        {{ days_between('from_date', 'until_date') }} as day_count
    from spell_in_year
),

final as (
    select
        person_id,
        year,
        max(status) filter (where is_last) as residence_status,
        max(start_reason) filter (where is_last) as residence_start_reason,
        max(start_date) filter (where is_last) as residence_start_date,
        cast(coalesce(sum(day_count) filter (where status = 'resident'), 0) as int)
            as resident_days,
        cast(coalesce(sum(day_count) filter (where status = 'abroad'), 0) as int)
            as abroad_days,
        cast(coalesce(sum(day_count) filter (where status = 'not_born'), 0) as int)
            as not_born_days,
        cast(coalesce(sum(day_count) filter (where status = 'dead'), 0) as int)
            as dead_days
    from counted
    group by person_id, year
)

select * from final
