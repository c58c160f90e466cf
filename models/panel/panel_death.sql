{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

death as (
    select
        person_key,
        death_date,
        cast(year(death_date) as int) as death_year
    from {{ ref('pop_person') }}
    where death_date is not null
),

-- Two series that are not spliced: coded by hand until 2012, by machine from 2013.
cause as (
    select
        person_key,
        year,
        'do' as cause_of_death_series,
        cause_code,
        cast(null as string) as death_place_code
    from {{ resolved(ref('stg_death_cause_1996')) }}
    where
        is_linkable
        and {{ in_catalogue_years('do') }}
    union all
    select
        person_key,
        year,
        'doodoorz' as cause_of_death_series,
        cause_code,
        death_place_code
    from {{ resolved(ref('stg_death_cause')) }}
    where
        is_linkable
        and {{ in_catalogue_years('doodoorztab') }}
),

delivered_year as (
    select distinct year
    from {{ ref('stg_death_cause_1996') }}
    where {{ in_catalogue_years('do') }}
    union all
    select distinct year
    from {{ ref('stg_death_cause') }}
    where {{ in_catalogue_years('doodoorztab') }}
),

final as (
    select
        calendar.person_id,
        calendar.year,
        death.death_date,
        cause.cause_of_death_series,
        cause.cause_code as cause_of_death_code,
        cause_group.cause_of_death_group,
        cause.death_place_code,
        case
            when cause.cause_code is not null then null
            when death.person_key is null then 'no_death'
            when cause.person_key is not null then 'unknown'
            when delivered_year.year is not null then 'not_in_population'
            else 'not_delivered'
        end as cause_of_death_missing_reason
    from calendar
    left outer join death
        on
            calendar.person_key = death.person_key
            and calendar.last_day >= death.death_date
    left outer join cause
        on
            death.person_key = cause.person_key
            and death.death_year = cause.year
    left outer join delivered_year
        on death.death_year = delivered_year.year
    left outer join {{ ref('cause_of_death_group') }} as cause_group
        on
            substr(cause.cause_code, 1, 3)
            between cause_group.first_code and cause_group.last_code
)

select * from final
