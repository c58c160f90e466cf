{{ config(tags=['shared']) }}

with household_spell as (
    select
        person_key,
        start_date,
        end_date,
        household_number,
        household_type_code,
        household_place_code,
        is_reference_person,
        person_count,
        child_count,
        youngest_child_birth_month
    from {{ resolved(ref('stg_household_spell')) }}
    where is_linkable
),

-- Of several households from one day on, the one that lasts longest is the home.
one_per_start as (
    select *
    from household_spell
    where start_date is not null and coalesce(end_date > start_date, true)
    qualify row_number() over (
        partition by person_key, start_date
        order by coalesce(end_date, {{ far_future() }}) desc, household_number
    ) = 1
),

-- The delivered number names a household only together with the day its spell starts.
final as (
    select
        person_key,
        start_date,
        {{ cut_at_next('end_date') }} as end_date,
        household_number,
        household_number || '-' || cast(start_date as string) as household_key,
        household_type_code,
        household_place_code,
        is_reference_person,
        person_count,
        child_count,
        youngest_child_birth_month
    from one_per_start
)

select * from final
