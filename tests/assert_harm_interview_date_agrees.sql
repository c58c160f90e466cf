-- The date that decides which rows hold must be the date that analysts see.
select
    harm_interview.respondent_id,
    harm_interview.interview_date,
    harm_value.value as harmonised_date
from {{ ref('harm_interview') }} as harm_interview
left outer join {{ ref('harm_value') }} as harm_value
    on
        harm_interview.respondent_id = harm_value.respondent_id
        and harm_value.variable = 'interview_date'
where harm_interview.interview_date is distinct from cast(harm_value.value as date)
