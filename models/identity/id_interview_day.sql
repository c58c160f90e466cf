with interview as (
    select
        link.respondent_id,
        link.person_key,
        link.survey,
        link.survey_year,
        interview.interview_date,
        person.birth_date
    from {{ ref('id_link') }} as link
    inner join {{ ref('harm_interview') }} as interview
        on link.respondent_id = interview.respondent_id
    inner join {{ ref('pop_person') }} as person
        on link.person_key = person.person_key
    where link.link_status = 'linked' and interview.interview_date is not null
),

calendar as (
    select year
    from {{ ref('calendar_year') }}
    where year between {{ var('first_year') }} and {{ var('last_year') }}
),

anniversary as (
    select
        interview.*,
        calendar.year,
        calendar.year - cast(year(interview.interview_date) as int)
            as years_from_interview,
        {{ same_day_in('calendar.year', 'interview.interview_date') }} as last_day,
        {{ same_day_in('calendar.year - 1', 'interview.interview_date') }} + 1
            as first_day
    from interview
    inner join calendar
        on
            calendar.year - cast(year(interview.interview_date) as int)
            between -{{ var('interview_years') }} and {{ var('interview_years') }}
),

final as (
    select
        person_key,
        respondent_id as person_id,
        survey,
        survey_year,
        interview_date,
        years_from_interview,
        year,
        first_day,
        last_day
    from anniversary
    where coalesce(birth_date <= last_day, true)
)

select * from final
