{{ config(tags=['shared']) }}

{% set register_start = "date '" ~ var('register_start') ~ "'" %}

with person as (
    select
        person_key,
        death_date,
        birth_date > {{ register_start }} as is_born_later,
        greatest(birth_date, {{ register_start }}) as opening_date
    from {{ ref('pop_person') }}
),

movement as (
    select
        movement.person_key,
        greatest(movement.movement_date, person.opening_date) as start_date,
        movement.direction,
        movement.reason,
        movement.is_recorded,
        -- A registration that starts with life, or with the registers, is no arrival.
        not movement.is_recorded
        and movement.direction = 'in'
        and movement.movement_date <= person.opening_date + {{ var('slack_days') }}
            as is_opening
    from {{ ref('pop_movement') }} as movement
    inner join person
        on movement.person_key = person.person_key
),

first_movement as (
    select *
    from movement
    qualify row_number() over (
        partition by person_key
        order by start_date asc, is_recorded desc, direction asc
    ) = 1
),

-- At birth, or when the registers start: present when registered from then on, or when
-- the first thing recorded is a departure.
opening as (
    select
        person.person_key,
        person.opening_date as start_date,
        case
            when first_movement.direction = 'out' or first_movement.is_opening
                then 'resident'
            else 'abroad'
        end as status,
        case when person.is_born_later then 'birth' else 'register_start' end as reason,
        false as is_recorded,
        1 as priority
    from person
    left outer join first_movement
        on person.person_key = first_movement.person_key
),

final as (
    select
        person_key,
        {{ register_start }} as start_date,
        'not_born' as status,
        'register_start' as reason,
        false as is_recorded,
        0 as priority
    from person
    where is_born_later
    union all
    select * from opening
    union all
    select
        person_key,
        start_date,
        case when direction = 'in' then 'resident' else 'abroad' end as status,
        reason,
        is_recorded,
        case when is_recorded then 3 else 2 end as priority
    from movement
    where not is_opening
    union all
    select
        person_key,
        greatest(death_date, opening_date) as start_date,
        'dead' as status,
        'death' as reason,
        true as is_recorded,
        4 as priority
    from person
    where death_date is not null
)

select * from final
