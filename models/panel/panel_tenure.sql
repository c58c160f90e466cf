{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

home as (
    select
        person_key,
        start_date,
        end_date,
        address_key
    from {{ ref('pop_address_spell') }}
),

tenure as (
    select
        address_key,
        year,
        tenure_code,
        owner_code,
        resident_count
    from {{ ref('stg_tenure') }}
),

delivered_year as (
    select distinct year from {{ ref('stg_tenure') }}
),

-- The dwelling and its tenure are those of 1 January.
final as (
    select
        calendar.person_id,
        calendar.year,
        home_tenure.home_tenure,
        home_owner.home_owner,
        tenure.resident_count as home_resident_count,
        {{ missing_reason(
            'home_tenure.home_tenure',
            'tenure.address_key is not null',
            'delivered_year.year is not null'
        ) }} as tenure_missing_reason
    from calendar
    left outer join home
        on
            calendar.person_key = home.person_key
            and {{ covers('home.start_date', 'home.end_date', 'calendar.first_day') }}
    left outer join tenure
        on
            home.address_key = tenure.address_key
            and calendar.year = tenure.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join {{ ref('home_tenure') }} as home_tenure
        on tenure.tenure_code = home_tenure.tenure_code
    left outer join {{ ref('home_owner') }} as home_owner
        on tenure.owner_code = home_owner.owner_code
)

select * from final
order by year
