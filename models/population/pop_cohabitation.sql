{{ config(tags=['shared']) }}

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
kept as (
    select
        *,
        coalesce(after_union_date, spell_start_date) as start_date
    from piece
    where
        until_date > coalesce(
            after_union_date + {{ var('slack_days') }},
            spell_start_date
        )
),

neighbours as (
    select
        *,
        lag(until_date) over (
            partition by person_key, partner_key order by start_date
        ) as earlier_until_date,
        lag(ends_in_union) over (
            partition by person_key, partner_key order by start_date
        ) as earlier_ends_in_union
    from kept
),

-- A short hole in living together is no end of it, unless the two were married in it.
numbered as (
    select
        *,
        sum(
            case
                when
                    start_date <= earlier_until_date + {{ var('slack_days') }}
                    and not earlier_ends_in_union
                    then 0
                else 1
            end
        ) over (
            partition by person_key, partner_key
            order by start_date
            rows between unbounded preceding and current row
        ) as run_number
    from neighbours
),

run as (
    select
        person_key,
        partner_key,
        min(start_date) as start_date,
        max(until_date) as until_date,
        bool_or(ends_in_union) as ends_in_union
    from numbered
    group by person_key, partner_key, run_number
),

death as (
    select
        person_key,
        death_date
    from {{ ref('pop_person') }}
    where death_date is not null
),

final as (
    select
        run.person_key,
        run.partner_key,
        run.start_date,
        nullif(run.until_date, {{ far_future() }}) as end_date,
        case
            when run.until_date = {{ far_future() }} then null
            when run.ends_in_union then 'C'
            when
                least(
                    coalesce(ego.death_date, {{ far_future() }}),
                    coalesce(partner.death_date, {{ far_future() }})
                ) <= run.until_date + {{ var('slack_days') }}
                then 'O'
            else 'U'
        end as end_reason_code
    from run
    left outer join death as ego
        on run.person_key = ego.person_key
    left outer join death as partner
        on run.partner_key = partner.person_key
)

select * from final
