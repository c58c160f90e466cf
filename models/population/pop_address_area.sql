{{ config(tags=['shared']) }}

with area as (
    select
        address_key,
        year,
        municipality_code,
        district_code,
        neighbourhood_code
    from {{ ref('stg_address_area') }}
),

-- Boundaries change every year: the last year's division gives a constant geography.
last_division as (
    select
        address_key,
        municipality_code as municipality_constant_code
    from area
    where year = {{ var('last_year') }}
),

final as (
    select
        area.address_key,
        area.year,
        area.municipality_code,
        area.district_code,
        area.neighbourhood_code,
        last_division.municipality_constant_code
    from area
    left outer join last_division
        on area.address_key = last_division.address_key
)

select * from final
