{{ config(tags=['shared']) }}

with reported as (
    select
        person_key,
        death_date
    from {{ resolved(ref('stg_death')) }}
    where is_linkable and death_date is not null
),

-- The year of birth, also where the day is not known.
birth as (
    select
        person_key,
        min(birth_date) as birth_date,
        bool_or(birth_date_is_imputed) as birth_date_is_imputed
    from {{ resolved(ref('stg_person')) }}
    where is_linkable
    group by person_key
),

judged as (
    select
        reported.person_key,
        reported.death_date,
        coalesce(
            reported.death_date >= birth.birth_date
            or (
                birth.birth_date_is_imputed
                and year(reported.death_date) = year(birth.birth_date)
            ),
            true
        ) as is_possible
    from reported
    left outer join birth
        on reported.person_key = birth.person_key
),

person as (
    select
        person_key,
        min(death_date) as first_date,
        min(death_date) filter (where is_possible) as possible_date,
        min(death_date) <> max(death_date) as is_disputed
    from judged
    group by person_key
),

-- Registration ends with death: the last day stands in where the reported one is
-- impossible.
registration as (
    select
        person_key,
        max(coalesce(end_date, {{ far_future() }})) as end_date
    from {{ ref('pop_presence_run') }}
    group by person_key
),

final as (
    select
        person.person_key,
        coalesce(
            person.possible_date, nullif(registration.end_date, {{ far_future() }})
        ) as death_date,
        person.first_date as death_date_reported,
        case
            when person.possible_date is null then 'impossible_date'
            when person.is_disputed then 'earliest_of_several'
        end as death_date_reason
    from person
    left outer join registration
        on person.person_key = registration.person_key
)

select * from final
