-- Who never has trouble speaking Dutch, by survey and origin (weighted share).
select
    survey_year,
    origin_group,
    count(*) as respondents,
    round(
        100 * sum(weight) filter (where dutch_proficiency = '3') / sum(weight)
    ) as never_difficulty_percent
from marts.mart_cross_section
where dutch_proficiency is not null and origin_group in ('TUR', 'MAR')
group by survey_year, origin_group
having count(*) >= 10
order by origin_group, survey_year
