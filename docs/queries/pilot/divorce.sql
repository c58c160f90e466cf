-- What happens to women's income after divorce: the change from the year before the divorce,
-- from five years before it to ten years after. docs/pilot-divorce.md says how to read it.
with woman as (
    select distinct
        person_id,
        case when generation_code = '0' then 'without migration background' else 'migrants' end
            as background
    from marts.mart_person_year
    where is_respondent and sex_code = '2' and generation_code is not null
),

-- The first divorce from a marriage or registered partnership, at working age.
divorce as (
    select
        woman.person_id,
        woman.background,
        cast(year(min(marriage.union_end)) as int) as divorce_year
    from marts.mart_partner_year as marriage
    inner join woman using (person_id)
    where marriage.union_end_reason_code = 'S' and marriage.union_type <> 'cohabitation'
    group by all
),

person_year as (
    select
        divorce.person_id,
        divorce.background,
        panel.year - divorce.divorce_year as years_from_divorce,
        panel.age - (panel.year - divorce.divorce_year) as age_at_divorce,
        panel.income_series,
        panel.personal_income_real_eur,
        panel.household_income_series,
        panel.household_income_equivalised_real_eur
    from divorce
    inner join marts.mart_person_year as panel
        on
            divorce.person_id = panel.person_id
            and panel.year between divorce.divorce_year - 5 and divorce.divorce_year + 10
    where panel.residence_status = 'resident'
),

measured as (
    select
        person_id,
        background,
        years_from_divorce,
        'personal income' as measure,
        income_series as series,
        personal_income_real_eur as income_eur
    from person_year
    where age_at_divorce between 20 and 55
    union all
    select
        person_id,
        background,
        years_from_divorce,
        'equivalised household income' as measure,
        household_income_series as series,
        household_income_equivalised_real_eur as income_eur
    from person_year
    where age_at_divorce between 20 and 55
),

known as (
    select * from measured where income_eur is not null
),

-- Each woman beside herself in the year before the divorce. Where the two years lie on both
-- sides of the break of 2011 the difference is flagged, and never mixed with the others.
changed as (
    select
        known.person_id,
        known.background,
        known.measure,
        known.years_from_divorce,
        known.series <> before.series as crosses_2011_break,
        known.income_eur,
        known.income_eur - before.income_eur as change_eur
    from known
    inner join known as before
        on
            known.person_id = before.person_id
            and known.measure = before.measure
            and before.years_from_divorce = -1
),

grouped as (
    select *, 'all women' as group_value from changed
    union all
    select *, background as group_value from changed
)

select
    measure,
    group_value,
    crosses_2011_break,
    cast(years_from_divorce as int) as years_from_divorce,
    count(*) as women,
    round(avg(income_eur)) as mean_income_eur,
    round(avg(change_eur)) as mean_change_eur,
    round(stddev_samp(change_eur) / sqrt(count(*))) as se_eur
from grouped
group by measure, group_value, crosses_2011_break, years_from_divorce
having count(*) >= 10
order by all
