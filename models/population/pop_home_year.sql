{{ config(tags=['shared']) }}

with calendar as (
    {{ panel_years() }}
),

resident as (
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_residence_spell') }}
    where status = 'resident'
),

-- Where everybody lives in the registers, on days on which they are residents.
home as (
    select
        address.person_key,
        address.address_key,
        greatest(address.start_date, resident.start_date) as start_date,
        least(
            coalesce(address.end_date, {{ far_future() }}),
            coalesce(resident.end_date, {{ far_future() }})
        ) as end_date
    from {{ ref('pop_address_spell') }} as address
    inner join resident
        on
            address.person_key = resident.person_key
            and address.start_date < coalesce(resident.end_date, {{ far_future() }})
            and resident.start_date < coalesce(address.end_date, {{ far_future() }})
),

-- On 31 December of each year.
final as (
    select
        calendar.year,
        home.person_key,
        home.address_key
    from home
    inner join calendar
        on
            home.start_date <= calendar.last_day
            and home.end_date > calendar.last_day
)

select * from final
