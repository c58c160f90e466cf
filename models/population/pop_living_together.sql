{{ config(tags=['shared']) }}

with partner_spell as (
    select
        person_key,
        partner_key,
        start_date,
        end_date
    from {{ resolved(ref('stg_partner_spell'), ['person_key', 'partner_key']) }}
    where is_linkable and partner_key is not null and start_date is not null
),

person as (
    select person_key from {{ ref('pop_person') }}
),

household_partner as (
    select
        spell.person_key,
        spell.household_key,
        spell.start_date,
        spell.end_date
    from {{ ref('pop_household_spell') }} as spell
    inner join {{ ref('household_place') }} as place
        on spell.household_place_code = place.household_place_code
    where
        place.is_unmarried_partner
        and not exists (select 1 from partner_spell)
    qualify count(*) over (partition by spell.household_key) = 2
),

-- Where no partner register was delivered: two unmarried partners in one household.
-- With another number of such partners nobody can say who belongs to whom.
household_couple as (
    select
        ego.person_key,
        other.person_key as partner_key,
        ego.start_date,
        least(
            coalesce(ego.end_date, {{ far_future() }}),
            coalesce(other.end_date, {{ far_future() }})
        ) as end_date
    from household_partner as ego
    inner join household_partner as other
        on
            ego.household_key = other.household_key
            and ego.person_key <> other.person_key
),

both_sides as (
    select
        person_key,
        partner_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from partner_spell
    union all
    select
        partner_key as person_key,
        person_key as partner_key,
        start_date,
        coalesce(end_date, {{ far_future() }}) as end_date
    from partner_spell
    union all
    select * from household_couple
),

one_per_start as (
    select
        both_sides.person_key,
        both_sides.partner_key,
        both_sides.start_date,
        max(both_sides.end_date) as end_date
    from both_sides
    semi join person
        on both_sides.person_key = person.person_key
    semi join person as partner
        on both_sides.partner_key = partner.person_key
    where
        both_sides.person_key <> both_sides.partner_key
        and both_sides.end_date > both_sides.start_date
    group by both_sides.person_key, both_sides.partner_key, both_sides.start_date
),

reached as (
    select
        *,
        {{ reached_before('end_date', 'person_key, partner_key') }} as reached_date
    from one_per_start
),

numbered as (
    select
        *,
        {{ run_number('start_date <= reached_date', 'person_key, partner_key') }}
            as run_number
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
