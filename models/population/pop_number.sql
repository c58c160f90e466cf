{{ config(tags=['shared']) }}

-- A number delivered twice in the person register counts once.
with person as (
    select
        person_key as number_key,
        sex_code,
        birth_date,
        birth_date_is_imputed,
        birth_country_code,
        mother_birth_date,
        father_birth_date
    from {{ ref('stg_person') }}
    where is_linkable
    qualify row_number() over (
        partition by person_key
        order by
            birth_date_is_imputed asc, birth_date asc nulls last,
            birth_country_code asc nulls last, sex_code asc nulls last
    ) = 1
),

parent as (
    select
        person_key as number_key,
        max(mother_key) as mother_key,
        max(father_key) as father_key
    from {{ ref('stg_parent_child') }}
    where is_linkable
    group by person_key
),

registration as (
    select
        person_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('stg_address_spell') }}
    where is_linkable
    union all
    select
        person_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('stg_household_spell') }}
    where is_linkable
),

presence as (
    select
        person_key as number_key,
        min(start_date) as first_date,
        max(end_date) as last_date
    from registration
    group by person_key
),

movement as (
    select
        migration.person_key as number_key,
        min_by(migration.from_country_code, migration.movement_date)
        filter (where kind.direction = 'in') as arrival_country_code,
        max_by(migration.to_country_code, migration.movement_date)
        filter (where kind.direction = 'out') as departure_country_code
    from {{ ref('stg_migration') }} as migration
    inner join {{ ref('movement_kind') }} as kind
        on migration.movement_code = kind.movement_code
    where migration.is_linkable
    group by migration.person_key
),

civil as (
    select
        spell.person_key as number_key,
        bool_or(not status.is_first_status) as was_in_union,
        min_by(status.is_first_status, spell.start_date) as starts_in_first_status
    from {{ ref('stg_civil_status_spell') }} as spell
    inner join {{ ref('civil_status') }} as status
        on spell.civil_status_code = status.civil_status_code
    where spell.is_linkable
    group by spell.person_key
),

death as (
    select
        person_key as number_key,
        min(death_date) as death_date
    from {{ ref('stg_death') }}
    where is_linkable
    group by person_key
),

final as (
    select
        person.number_key,
        person.sex_code,
        person.birth_date,
        person.birth_date_is_imputed,
        person.birth_country_code,
        person.mother_birth_date,
        person.father_birth_date,
        parent.mother_key,
        parent.father_key,
        presence.first_date,
        nullif(presence.last_date, {{ far_future() }}) as last_date,
        movement.arrival_country_code,
        movement.departure_country_code,
        civil.was_in_union,
        civil.starts_in_first_status,
        death.death_date
    from person
    left outer join parent
        on person.number_key = parent.number_key
    left outer join presence
        on person.number_key = presence.number_key
    left outer join movement
        on person.number_key = movement.number_key
    left outer join civil
        on person.number_key = civil.number_key
    left outer join death
        on person.number_key = death.number_key
)

select * from final
