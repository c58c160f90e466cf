{#- The harm: somebody who was not in the income population of the year counts as having
    no money, or gets an amount of a year in which they were not there. -#}
with income as (
    select
        panel.person_id,
        panel.year,
        panel.income_series,
        panel.income_missing_reason,
        panel.personal_income_eur,
        pseudonym.person_key
    from {{ ref('panel_income') }} as panel
    inner join {{ ref('id_person_key') }} as pseudonym
        on panel.person_id = pseudonym.person_id
),

population as (
    select
        person_key,
        year,
        'persoonink' as income_series
    from {{ resolved(ref('stg_person_income_2003'), one_per='year') }}
    union all
    select
        person_key,
        year,
        'inpa' as income_series
    from {{ resolved(ref('stg_person_income'), one_per='year') }}
)

select
    income.person_id,
    income.year
from income
left outer join population
    on
        income.person_key = population.person_key
        and income.year = population.year
where
    coalesce(income.income_series, '-') <> coalesce(population.income_series, '-')
    or (income.personal_income_eur is null)
    <> (income.income_missing_reason is not null)
    or (population.person_key is null and income.personal_income_eur is not null)
