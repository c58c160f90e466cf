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
    {{ longest_per_start('household_spell', 'household_number') }}
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
