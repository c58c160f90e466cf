with calendar as (
    select * from {{ ref('id_interview_day') }}
),

spell as (
    select
        person_key,
        status,
        start_date,
        end_date,
        start_reason
    from {{ ref('pop_residence_spell') }}
),

final as (
    select
        calendar.person_id,
        calendar.year,
        spell.status as residence_status,
        spell.start_reason as residence_start_reason,
        spell.start_date as residence_start_date
    from calendar
    inner join spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
)

select * from final
