{{ config(tags=['shared']) }}

with couple as (
    select
        person_key,
        partner_key
    from {{ ref('stg_union') }}
    where is_linkable and partner_key is not null
    union all
    select
        person_key,
        partner_key
    from {{ ref('stg_partner_spell') }}
    where is_linkable and partner_key is not null
),

child as (
    select
        mother_key as person_key,
        person_key as relative_key
    from {{ ref('stg_parent_child') }}
    where is_linkable and mother_key is not null
    union all
    select
        father_key as person_key,
        person_key as relative_key
    from {{ ref('stg_parent_child') }}
    where is_linkable and father_key is not null
),

-- Whom only this person can have: parents and siblings are shared with others.
relative as (
    select
        person_key as number_key,
        partner_key as relative_key,
        'partner' as relation
    from couple
    union distinct
    select
        partner_key as number_key,
        person_key as relative_key,
        'partner' as relation
    from couple
    union distinct
    select
        person_key as number_key,
        relative_key,
        'child' as relation
    from child
),

ended as (
    select number_key from {{ ref('pop_number') }}
    where last_date is not null
),

begun as (
    select
        number_key,
        first_date
    from {{ ref('pop_number') }}
    where first_date > date '{{ var("register_start") }}'
),

relative_of_ended as (
    select relative.*
    from relative
    semi join ended
        on relative.number_key = ended.number_key
),

home as (
    select
        person_key,
        household_number,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('stg_household_spell') }}
    where is_linkable
),

home_of_relative as (
    select distinct
        home.person_key as relative_key,
        home.household_number,
        home.start_date,
        home.end_date
    from home
    semi join relative_of_ended
        on home.person_key = relative_of_ended.relative_key
),

home_of_begun as (
    select
        home.person_key as later_number_key,
        home.household_number,
        home.start_date,
        home.end_date
    from home
    semi join begun
        on home.person_key = begun.number_key
),

-- The later number has the same partner or child, or lives with them.
shared as (
    select
        home_of_relative.relative_key,
        home_of_begun.later_number_key
    from home_of_relative
    inner join home_of_begun
        on
            home_of_relative.household_number = home_of_begun.household_number
            and home_of_relative.start_date < home_of_begun.end_date
            and home_of_relative.end_date > home_of_begun.start_date
    union distinct
    select
        relative.relative_key,
        relative.number_key as later_number_key
    from relative
    semi join begun
        on relative.number_key = begun.number_key
),

final as (
    select distinct
        relative_of_ended.number_key,
        shared.later_number_key,
        relative_of_ended.relation,
        relative_of_ended.relative_key
    from relative_of_ended
    inner join shared
        on relative_of_ended.relative_key = shared.relative_key
    where
        relative_of_ended.number_key <> shared.later_number_key
        and relative_of_ended.relative_key <> shared.later_number_key
)

select * from final
