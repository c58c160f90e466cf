-- Share of unions in 2020 with a partner of one's own origin group, by generation.
select
    respondent.generation_code as generation,
    count(*) as unions,
    round(
        100 * avg(cast(partner.origin_group = respondent.origin_group as int))
    ) as own_group_percent,
    round(100 * avg(cast(partner.partner_in_register as int))) as partner_in_register_percent
from marts.mart_partner_year as partner
inner join marts.mart_person_year as respondent
    on partner.person_id = respondent.person_id and partner.year = respondent.year
where partner.year = 2020 and partner.is_union_on_last_day
group by respondent.generation_code
having count(*) >= 10
order by generation
