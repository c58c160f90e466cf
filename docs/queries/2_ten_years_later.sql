-- Where the linked respondents of a survey are on 31 December ten years later.
select
    respondent.survey,
    respondent.survey_year,
    panel.residence_status,
    count(*) as persons,
    round(avg(panel.personal_income_eur)) as mean_income_eur
from marts.mart_cross_section as respondent
inner join marts.mart_person_year as panel
    on
        respondent.person_id = panel.person_id
        and panel.year = respondent.survey_year + 10
group by respondent.survey, respondent.survey_year, panel.residence_status
having count(*) >= 10
order by respondent.survey_year, persons desc
