{{ config(materialized='view', tags=['shared']) }}

with living_together as (
    select
        person_key,
        partner_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('pop_living_together') }}
),

registered as (
    select
        person_key,
        partner_key,
        coalesce(start_date, date '1800-01-01') as start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from {{ ref('pop_registered_union') }}
    where partner_key is not null
),

-- Each registered union of the same two that a spell meets, and the end of the spell.
boundary as (
    select
        living_together.person_key,
        living_together.partner_key,
        living_together.start_date as spell_start_date,
        least(registered.start_date, living_together.end_date) as until_date,
        registered.end_date as free_from_date
    from living_together
    inner join registered
        on
            living_together.person_key = registered.person_key
            and living_together.partner_key = registered.partner_key
            and living_together.start_date < registered.end_date
            and registered.start_date
            <= living_together.end_date + {{ var('slack_days') }}
    union all
    select
        person_key,
        partner_key,
        start_date as spell_start_date,
        end_date as until_date,
        cast(null as date) as free_from_date
    from living_together
),

one_per_day as (
    select
        person_key,
        partner_key,
        spell_start_date,
        until_date,
        max(free_from_date) as free_from_date
    from boundary
    group by person_key, partner_key, spell_start_date, until_date
),

-- What lies between registered unions is cohabitation.
piece as (
    select
        person_key,
        partner_key,
        max(free_from_date) over (
            partition by person_key, partner_key, spell_start_date
            order by until_date
            rows between unbounded preceding and 1 preceding
        ) as after_union_date,
        spell_start_date,
        until_date,
        free_from_date is not null as ends_in_union
    from one_per_day
),

-- Couples who part seldom move on the day of the divorce: a short rest is no new union.
final as (
    select
        person_key,
        partner_key,
        coalesce(after_union_date, spell_start_date) as start_date,
        nullif(until_date, {{ far_future() }}) as end_date,
        ends_in_union
    from piece
    where
        until_date > coalesce(
            after_union_date + {{ var('slack_days') }},
            spell_start_date
        )
)

select * from final
