{{ config(tags=['shared']) }}

with address as (
    select
        person_id,
        year,
        neighbourhood_code
    from {{ ref('panel_address') }}
),

person as (
    select
        person_id,
        year,
        origin_group
    from {{ ref('panel_demography') }}
),

by_origin as (
    select * from {{ ref('pop_neighbourhood_origin_year') }}
),

delivered as (
    select count(*) > 0 as is_delivered from {{ ref('stg_address_area') }}
),

neighbourhood as (
    select
        neighbourhood_code,
        year,
        sum(resident_count) as resident_count,
        sum(case when not is_born_in_nl then resident_count else 0 end)
            as foreign_born_count,
        sum(income_count) as income_count,
        sum(income_sum_eur) as income_sum_eur
    from by_origin
    group by neighbourhood_code, year
),

own_group as (
    select
        neighbourhood_code,
        year,
        origin_group,
        sum(resident_count) as own_group_count
    from by_origin
    group by neighbourhood_code, year, origin_group
),

home as (
    select * from {{ ref('pop_neighbourhood_home_year') }}
),

land_area as (
    select * from {{ ref('land_area') }}
),

-- Of neighbourhoods with few residents only that they are small is told.
described as (
    select
        neighbourhood.*,
        neighbourhood.resident_count >= {{ var('minimum_cell') }} as is_large_enough,
        home.home_count,
        land_area.land_area_km2
    from neighbourhood
    left outer join home
        on
            neighbourhood.neighbourhood_code = home.neighbourhood_code
            and neighbourhood.year = home.year
    left outer join land_area
        on neighbourhood.neighbourhood_code = land_area.area_code
),

final as (
    select
        address.person_id,
        address.year,
        case
            when described.is_large_enough then null
            when described.neighbourhood_code is not null then 'too_small'
            when not delivered.is_delivered then 'not_delivered'
            else 'unknown'
        end as neighbourhood_missing_reason,
        {{ if_large('cast(described.resident_count as int)') }}
            as neighbourhood_resident_count,
        {{ if_large('cast(described.home_count as int)') }}
            as neighbourhood_home_count,
        {{ if_large(ratio('described.resident_count', 'described.home_count')) }}
            as neighbourhood_residents_per_home,
        {{ if_large(ratio('described.resident_count', 'described.land_area_km2')) }}
            as neighbourhood_residents_per_km2,
        {{ if_large(share('described.foreign_born_count')) }}
            as neighbourhood_foreign_born_share,
        {{ if_large(share('coalesce(own_group.own_group_count, 0)')) }}
            as neighbourhood_own_group_share,
        case
            when described.income_count >= {{ var('minimum_cell') }}
                then {{ ratio('described.income_sum_eur', 'described.income_count') }}
        end as neighbourhood_mean_income_eur
    from address
    cross join delivered
    inner join person
        on
            address.person_id = person.person_id
            and address.year = person.year
    left outer join described
        on
            address.neighbourhood_code = described.neighbourhood_code
            and address.year = described.year
    left outer join own_group
        on
            address.neighbourhood_code = own_group.neighbourhood_code
            and address.year = own_group.year
            and person.origin_group = own_group.origin_group
)

select * from final
order by year
