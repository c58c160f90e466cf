{{ config(tags=['shared']) }}

with address_spell as (
    select
        person_key,
        start_date,
        end_date,
        address_key
    from {{ resolved(ref('stg_address_spell')) }}
    where is_linkable
),

-- Of several addresses from one day on, the one that lasts longest is the home.
one_per_start as (
    {{ longest_per_start('address_spell', 'address_key') }}
),

final as (
    select
        person_key,
        start_date,
        {{ cut_at_next('end_date') }} as end_date,
        address_key
    from one_per_start
)

select * from final
