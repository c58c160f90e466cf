{{ config(tags=['shared']) }}

-- Boundaries change every year: the last year's division of every address gives a
-- constant geography.
with final as (
    select
        address_key,
        municipality_code as municipality_constant_code,
        neighbourhood_code as neighbourhood_constant_code
    from {{ ref('stg_address_area') }}
    where year = {{ var('last_year') }}
)

select * from final
