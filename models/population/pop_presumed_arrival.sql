{{ config(tags=['shared']) }}

-- Absences that ended with an arrival; a former stay may have ended by mistake.
with absence as (
    select
        person_key,
        start_date,
        end_date,
        greatest(
            start_date, end_date - {{ var('presumed_arrival_days') }}
        ) as from_date,
        start_reason = 'administrative_removal' as follows_removal,
        status,
        lead(status) over (
            partition by person_key order by start_date
        ) as next_status
    from {{ ref('pop_residence_spell') }}
),

candidate as (
    select *
    from absence
    where status = 'abroad' and next_status = 'resident'
),

sign as (
    select
        person_key,
        year,
        first_sign_date,
        last_sign_date
    from {{ ref('pop_sign_of_life') }}
    where last_sign_date is not null and (has_work_sign or has_school_sign)
),

-- The first day with a sign during the absence, and the last one of its first year.
seen as (
    select
        candidate.person_key,
        candidate.start_date,
        candidate.end_date,
        candidate.from_date,
        candidate.follows_removal,
        case
            when sign.first_sign_date >= candidate.from_date then sign.first_sign_date
            when candidate.follows_removal then candidate.from_date
            else sign.last_sign_date
        end as sign_date
    from candidate
    inner join sign
        on
            candidate.person_key = sign.person_key
            and candidate.from_date <= sign.last_sign_date
            and candidate.end_date > sign.first_sign_date
),

final as (
    select
        person_key,
        start_date,
        end_date,
        min(sign_date) as presumed_arrival_date,
        case when follows_removal then 'removed_by_mistake' else 'registered_late' end
            as basis
    from seen
    where sign_date < end_date
    group by person_key, start_date, end_date, follows_removal
)

select * from final
