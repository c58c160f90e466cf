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
    select *
    from address_spell
    where start_date is not null and coalesce(end_date > start_date, true)
    qualify row_number() over (
        partition by person_key, start_date
        order by coalesce(end_date, {{ far_future() }}) desc, address_key
    ) = 1
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
