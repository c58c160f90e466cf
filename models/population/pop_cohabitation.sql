{{ config(tags=['shared']) }}

-- Two partners in one household who are not married: a couple. With another number of
-- such partners in a household the register does not say who belongs to whom.
with unmarried_partner as (
    select
        spell.person_key,
        spell.household_key,
        spell.start_date,
        spell.end_date
    from {{ ref('pop_household_spell') }} as spell
    inner join {{ ref('household_place') }} as place
        on spell.household_place_code = place.household_place_code
    where place.is_unmarried_partner
    qualify count(*) over (partition by spell.household_key) = 2
),

couple as (
    select
        ego.person_key,
        other.person_key as partner_key,
        ego.start_date,
        least(
            coalesce(ego.end_date, {{ far_future() }}),
            coalesce(other.end_date, {{ far_future() }})
        ) as end_date
    from unmarried_partner as ego
    inner join unmarried_partner as other
        on
            ego.household_key = other.household_key
            and ego.person_key <> other.person_key
),

-- A registered union of the same two people takes over from the day it starts.
outside_union as (
    select couple.*
    from couple
    anti join {{ ref('pop_registered_union') }} as registered
        on
            couple.person_key = registered.person_key
            and couple.partner_key = registered.partner_reference
            and couple.start_date >= registered.start_date
            and couple.start_date < coalesce(registered.end_date, {{ far_future() }})
),

reached as (
    select
        *,
        {{ reached_before('end_date', 'person_key, partner_key') }} as reached_date
    from outside_union
),

numbered as (
    select
        *,
        sum(
            case
                when start_date <= reached_date + {{ var('slack_days') }} then 0
                else 1
            end
        ) over (
            partition by person_key, partner_key
            order by start_date
            rows between unbounded preceding and current row
        ) as run_number
    from reached
),

final as (
    select
        person_key,
        partner_key,
        min(start_date) as start_date,
        nullif(max(end_date), {{ far_future() }}) as end_date
    from numbered
    group by person_key, partner_key, run_number
)

select * from final
