{{ config(tags=['shared']) }}

with event as (
    select
        person_key,
        start_date,
        status,
        reason,
        is_recorded
    from {{ ref('pop_residence_event') }}
    where reason not in ('register_start', 'birth', 'death')
),

spell as (
    select * from {{ ref('pop_residence_spell') }}
),

placed as (
    select
        event.person_key,
        event.start_date as movement_date,
        event.reason,
        event.is_recorded,
        event.status as movement_status,
        spell.start_date as spell_start_date,
        spell.status as spell_status,
        spell.start_date = event.start_date and spell.start_reason = event.reason
            as is_counted
    from event
    inner join spell
        on
            event.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'event.start_date') }}
),

judged as (
    select
        *,
        case
            when is_counted and not is_recorded and movement_status = 'resident'
                then 'arrival_made'
            when is_counted and not is_recorded then 'departure_made'
            when is_counted or not is_recorded then null
            when spell_status = 'dead' then 'after_death'
            when spell_status = 'not_born' then 'before_birth'
            when spell_status <> movement_status then 'other_movement_that_day'
            when movement_status = 'resident' then 'second_arrival'
            else 'second_departure'
        end as repair
    from placed
),

final as (
    select
        person_key,
        movement_date,
        reason,
        is_recorded,
        repair,
        spell_start_date
    from judged
    where repair is not null
)

select * from final
