{{ config(tags=['shared']) }}

with final as (
    select
        area.neighbourhood_code,
        home.year,
        count(distinct home.address_key) as home_count
    from {{ ref('pop_home_year') }} as home
    inner join {{ ref('stg_address_area') }} as area
        on
            home.address_key = area.address_key
            and home.year = area.year
    where area.neighbourhood_code is not null
    group by area.neighbourhood_code, home.year
)

select * from final
