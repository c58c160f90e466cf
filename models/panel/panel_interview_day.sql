with final as (
    select
        day.person_id as respondent_id,
        day.years_from_interview,
        pseudonym.person_id,
        day.survey,
        day.survey_year,
        day.interview_date,
        day.last_day as reference_date,
        day.year,
        case when month(day.last_day) >= 10 then day.year else day.year - 1 end
            as october_year,
        case when month(day.last_day + 1) = 1 then day.year else day.year - 1 end
            as december_year
    from {{ ref('id_interview_day') }} as day
    inner join {{ ref('id_person_key') }} as pseudonym
        on day.person_key = pseudonym.person_key
)

select * from final
