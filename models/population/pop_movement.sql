{{ config(tags=['shared']) }}

with recorded as (
    select
        migration.person_key,
        migration.movement_date,
        kind.direction,
        kind.reason,
        true as is_recorded,
        case
            when kind.direction = 'in' then migration.from_country_code
            else migration.to_country_code
        end as other_country_code
    from {{ resolved(ref('stg_migration')) }} as migration
    inner join {{ ref('movement_kind') }} as kind
        on migration.movement_code = kind.movement_code
    where migration.is_linkable and migration.movement_date is not null
),

presence_change as (
    select
        person_key,
        start_date as movement_date,
        'in' as direction,
        'registration_start' as reason
    from {{ ref('pop_presence_run') }}
    union all
    select
        person_key,
        end_date as movement_date,
        'out' as direction,
        'registration_end' as reason
    from {{ ref('pop_presence_run') }}
    where end_date is not null
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

final as (
    select * from recorded
    union all
    select * from inferred
)

select * from final
