{#- The harm: income is missing for residents, or there for people who did not live here
    on its reference date, and every mean is of another population. A few people differ
    in any delivery (numbers that changed, late registrations): more than one in fifty
    of a year is an error. -#}
with reference_day as (
    select
        calendar.person_key,
        calendar.person_id,
        calendar.year,
        case
            when reference_date.reference = '31 December' then calendar.last_day
            else calendar.first_day
        end as day
    from {{ ref('id_person_year') }} as calendar
    inner join {{ ref('reference_date') }} as reference_date
        on
            reference_date.source_file in ('PERSOONINK', 'INPATAB')
            and calendar.year >= reference_date.first_year
            and calendar.year <= coalesce(reference_date.last_year, 9999)
),

income as (
    select
        person_id,
        year,
        income_series
    from {{ ref('panel_income') }}
    where coalesce(income_missing_reason, '-') <> 'not_delivered'
),

compared as (
    select
        income.year,
        income.income_series is not null as has_income,
        spell.person_key is not null as is_resident
    from income
    inner join reference_day
        on
            income.person_id = reference_day.person_id
            and income.year = reference_day.year
    left outer join {{ ref('pop_residence_spell') }} as spell
        on
            reference_day.person_key = spell.person_key
            and spell.status = 'resident'
            and {{ covers('spell.start_date', 'spell.end_date', 'reference_day.day') }}
)

select
    year,
    count(*) as person_count,
    count(*) filter (where has_income <> is_resident) as different_count
from compared
group by year
having count(*) filter (where has_income <> is_resident) > 0.02 * count(*)
