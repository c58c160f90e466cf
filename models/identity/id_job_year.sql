{{ config(tags=['shared']) }}

{%- set columns = [
    'person_key', 'year', 'job_key', 'start_date', 'end_date', 'job_days',
    'full_time_days', 'wage_eur', 'special_payment_eur', 'overtime_hours',
    'paid_hours', 'contract_code', 'job_kind_code', 'weekly_hours_class_code',
    'income_relation_code', 'employer_key', 'job_start_date'
] %}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

report_2006 as (
    select {{ columns | join(', ') }}
    from {{ ref('stg_job_report_2006') }}
    where
        is_linkable
        and {{ in_catalogue_years('polisbus') }}
),

report as (
    select {{ columns | join(', ') }}
    from {{ ref('stg_job_report') }}
    where
        is_linkable
        and {{ in_catalogue_years('spolisbus') }}
),

-- Two series that are not spliced: POLIS until 2009, SPOLIS from 2010.
all_report as (
    select
        *,
        'polis' as job_series
    from report_2006
    union all
    select
        *,
        'spolis' as job_series
    from report
),

-- Benefits and pensions are reported in the same files.
employment as (
    select
        calendar.person_id,
        calendar.last_day,
        all_report.*
    from all_report
    inner join calendar
        on
            all_report.person_key = calendar.person_key
            and all_report.year = calendar.year
    inner join {{ ref('income_relation') }} as relation
        on
            all_report.income_relation_code = relation.income_relation_code
            and relation.is_employment
),

-- What a job is like comes from its last report of the year.
last_report as (
    select *
    from employment
    qualify row_number() over (
        partition by person_id, year, job_key
        order by
            start_date desc,
            coalesce(paid_hours, -1) desc,
            coalesce(wage_eur, 0) desc,
            coalesce(contract_code, '') asc,
            coalesce(employer_key, '') asc
    ) = 1
),

-- A correction repeats its period: money and hours add up, days do not.
period as (
    select
        person_id,
        year,
        job_key,
        start_date,
        sum(wage_eur) as wage_eur,
        sum(special_payment_eur) as special_payment_eur,
        sum(paid_hours) as paid_hours,
        sum(overtime_hours) as overtime_hours,
        max(job_days) as job_days,
        max(full_time_days) as full_time_days
    from employment
    group by person_id, year, job_key, start_date
),

job_total as (
    select
        person_id,
        year,
        job_key,
        min(start_date) as first_day_at_work,
        sum(wage_eur) as wage_eur,
        sum(special_payment_eur) as special_payment_eur,
        sum(paid_hours) as paid_hours,
        sum(overtime_hours) as overtime_hours,
        sum(job_days) as job_days,
        sum(full_time_days) as full_time_days
    from period
    group by person_id, year, job_key
),

final as (
    select
        job_total.person_id,
        job_total.year,
        job_total.job_key,
        last_report.job_series,
        job_total.first_day_at_work,
        last_report.end_date > last_report.last_day as is_on_last_day,
        job_total.wage_eur,
        job_total.special_payment_eur,
        job_total.paid_hours,
        job_total.overtime_hours,
        job_total.job_days,
        job_total.full_time_days,
        last_report.contract_code,
        last_report.job_kind_code,
        last_report.weekly_hours_class_code,
        last_report.employer_key,
        last_report.job_start_date
    from job_total
    inner join last_report
        on
            job_total.person_id = last_report.person_id
            and job_total.year = last_report.year
            and job_total.job_key = last_report.job_key
)

select * from final
