{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

residence as (
    select
        person_id,
        year,
        residence_status,
        residence_start_date
    from {{ ref('panel_residence') }}
),

departure as (
    select
        person_key,
        start_date,
        presumed_departure_date,
        basis
    from {{ ref('pop_presumed_departure') }}
),

arrival as (
    select
        person_key,
        start_date,
        presumed_arrival_date,
        basis
    from {{ ref('pop_presumed_arrival') }}
),

-- Both belong to the spell of 31 December. Beside the registered status: nobody knows.
final as (
    select
        residence.person_id,
        residence.year,
        residence.residence_status,
        case
            when departure.presumed_departure_date <= calendar.last_day then 'abroad'
            when arrival.presumed_arrival_date <= calendar.last_day then 'resident'
            else residence.residence_status
        end as presumed_residence_status,
        departure.presumed_departure_date,
        arrival.presumed_arrival_date,
        coalesce(departure.basis, arrival.basis) as presumed_basis
    from residence
    inner join calendar
        on
            residence.person_id = calendar.person_id
            and residence.year = calendar.year
    left outer join departure
        on
            calendar.person_key = departure.person_key
            and residence.residence_start_date = departure.start_date
            and residence.residence_status = 'resident'
    left outer join arrival
        on
            calendar.person_key = arrival.person_key
            and residence.residence_start_date = arrival.start_date
            and residence.residence_status = 'abroad'
)

select * from final
