{{ config(tags=['shared']) }}

-- An address has one row a year: where somebody lives is counted, not told apart.
with final as (
    select
        area.neighbourhood_code,
        area.year,
        count(*) as home_count
    from {{ ref('stg_address_area') }} as area
    semi join {{ ref('pop_home_year') }} as home
        on
            area.address_key = home.address_key
            and area.year = home.year
    where area.neighbourhood_code is not null
    group by area.neighbourhood_code, area.year
)

select * from final
