{{ config(tags=['shared']) }}

with registration as (
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_address_spell') }}
    union all
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_household_spell') }}
),

one_per_start as (
    select
        person_key,
        start_date,
        max(coalesce(end_date, {{ far_future() }})) as end_date
    from registration
    group by person_key, start_date
),

reached as (
    select
        *,
        {{ reached_before('end_date', 'person_key') }} as reached_date
    from one_per_start
),

numbered as (
    select
        person_key,
        start_date,
        end_date,
        {{ run_number(
            'start_date <= reached_date + ' ~ var('slack_days'), 'person_key'
        ) }} as run_number
    from reached
),

final as (
    select
        person_key,
        min(start_date) as start_date,
        nullif(max(end_date), {{ far_future() }}) as end_date
    from numbered
    group by person_key, run_number
)

select * from final
