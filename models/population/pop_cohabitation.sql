{{ config(tags=['shared']) }}

with piece as (
    select
        person_key,
        partner_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as until_date,
        ends_in_union
    from {{ ref('pop_cohabitation_piece') }}
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
    from piece
),

-- A short hole in living together is no end of it, unless the two were married in it.
numbered as (
    select
        *,
        {{ run_number(
            'start_date <= earlier_until_date + ' ~ var('slack_days')
            ~ ' and not earlier_ends_in_union',
            'person_key, partner_key'
        ) }} as run_number
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
