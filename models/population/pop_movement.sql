{{ config(tags=['shared']) }}

{% set register_end = "date '" ~ var('last_year') ~ "-12-31'" %}

with recorded as (
    select
        migration.person_key,
        migration.movement_date,
        kind.direction,
        kind.reason,
        true as is_recorded,
        max(case
            when kind.direction = 'in' then migration.from_country_code
            else migration.to_country_code
        end) as other_country_code
    from {{ resolved(ref('stg_migration')) }} as migration
    inner join {{ ref('movement_kind') }} as kind
        on migration.movement_code = kind.movement_code
    where migration.is_linkable and migration.movement_date is not null
    group by
        migration.person_key, migration.movement_date, kind.direction, kind.reason
),

run as (
    select
        person_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('pop_presence_run') }}
),

presence_change as (
    select
        person_key,
        start_date as movement_date,
        'in' as direction,
        'registration_start' as reason
    from run
    union all
    select
        person_key,
        end_date as movement_date,
        'out' as direction,
        'registration_end' as reason
    from run
    where end_date < {{ far_future() }}
),

-- Where an address starts or stops without a recorded movement the same way nearby, the
-- registration itself is the evidence.
inferred as (
    select
        presence_change.person_key,
        presence_change.movement_date,
        presence_change.direction,
        presence_change.reason,
        false as is_recorded,
        cast(null as string) as other_country_code
    from presence_change
    anti join recorded
        on
            presence_change.person_key = recorded.person_key
            and presence_change.direction = recorded.direction
            and recorded.movement_date
            between presence_change.movement_date - {{ var('slack_days') }}
            and presence_change.movement_date + {{ var('slack_days') }}
),

both_kinds as (
    select * from recorded
    union all
    select * from inferred
),

movement as (
    select
        *,
        lead(movement_date) over (
            partition by person_key
            order by movement_date, direction, reason
        ) as next_date
    from both_kinds
),

-- The registration that an arrival opened is the first to end after it; the one that a
-- departure closed is the last to start before it. Both lie before the next movement.
registered as (
    select
        movement.person_key,
        movement.movement_date,
        movement.direction,
        movement.reason,
        movement.is_recorded,
        movement.other_country_code,
        movement.next_date,
        case movement.direction
            when 'in'
                then min(run.start_date) filter (
                    where run.end_date > movement.movement_date
                )
            else
                max(run.end_date) filter (
                    where run.start_date < movement.movement_date
                )
        end as run_date
    from movement
    left outer join run
        on movement.person_key = run.person_key
    group by
        movement.person_key,
        movement.movement_date,
        movement.direction,
        movement.reason,
        movement.is_recorded,
        movement.other_country_code,
        movement.next_date
),

dated as (
    select
        *,
        case
            when
                run_date > movement_date
                and run_date < {{ far_future() }}
                and coalesce(run_date <= next_date, true)
                then run_date
            else movement_date
        end as registration_date
    from registered
),

-- That somebody came or went for a year or longer is known a year later.
known as (
    select
        *,
        greatest(registration_date, movement_date + {{ var('migration_days') }})
            as known_date
    from dated
),

final as (
    select
        person_key,
        movement_date,
        registration_date,
        case when known_date <= {{ register_end }} then known_date end
            as first_known_date,
        direction,
        reason,
        is_recorded,
        other_country_code
    from known
)

select * from final
