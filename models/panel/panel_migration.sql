{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

-- A spell that opens a life or the registers is no movement.
movement as (
    select
        person_key,
        status,
        cast(year(start_date) as int) as movement_year
    from {{ ref('pop_residence_spell') }}
    where
        status in ('resident', 'abroad')
        and start_reason not in ('birth', 'register_start')
),

final as (
    select
        calendar.person_id,
        calendar.year,
        min(case when movement.status = 'resident' then movement.movement_year end)
            as first_arrival_year,
        max(case when movement.status = 'resident' then movement.movement_year end)
            as last_arrival_year,
        cast(
            count(*) filter (
                where
                movement.status = 'resident' and movement.movement_year = calendar.year
            ) as int
        ) as arrival_count,
        cast(
            count(*) filter (
                where movement.status = 'abroad'
                and movement.movement_year = calendar.year
            ) as int
        ) as departure_count
    from calendar
    left outer join movement
        on
            calendar.person_key = movement.person_key
            and calendar.year >= movement.movement_year
    group by calendar.person_id, calendar.year
)

select * from final
