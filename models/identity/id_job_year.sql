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
    from {{ resolved(ref('stg_job_report_2006')) }}
    where
        is_linkable
        and {{ in_catalogue_years('polisbus') }}
),

report as (
    select {{ columns | join(', ') }}
    from {{ resolved(ref('stg_job_report')) }}
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

-- By person first: there are many times as many years to look the reports up in.
panel_report as (
    select all_report.*
    from all_report
    semi join {{ ref('id_spine') }} as spine
        on all_report.person_key = spine.person_key
),

-- Benefits and pensions are reported in the same files.
employment as (
    select
        calendar.person_id,
        calendar.last_day,
        panel_report.*
    from panel_report
    inner join calendar
        on
            panel_report.person_key = calendar.person_key
            and panel_report.year = calendar.year
    inner join {{ ref('income_relation') }} as relation
        on
            panel_report.income_relation_code = relation.income_relation_code
            and relation.is_employment
),

-- A correction repeats its period: money and hours add up, days do not.
period as (
    select
        person_id,
        year,
        job_key,
        start_date,
        max(end_date) as end_date,
        max(last_day) as last_day,
        max(job_series) as job_series,
        sum(wage_eur) as wage_eur,
        sum(special_payment_eur) as special_payment_eur,
        sum(paid_hours) as paid_hours,
        sum(overtime_hours) as overtime_hours,
        max(job_days) as job_days,
        max(full_time_days) as full_time_days,
        max(contract_code) as contract_code,
        max(job_kind_code) as job_kind_code,
        max(weekly_hours_class_code) as weekly_hours_class_code,
        max(employer_key) as employer_key,
        max(job_start_date) as job_start_date
    from employment
    group by person_id, year, job_key, start_date
),

-- What a job is like comes from its last period of the year.
final as (
    select
        person_id,
        year,
        job_key,
        max(job_series) as job_series,
        min(start_date) as first_day_at_work,
        max(end_date) > max(last_day) as is_on_last_day,
        sum(wage_eur) as wage_eur,
        sum(special_payment_eur) as special_payment_eur,
        sum(paid_hours) as paid_hours,
        sum(overtime_hours) as overtime_hours,
        sum(job_days) as job_days,
        sum(full_time_days) as full_time_days,
        {{ last_value_of('contract_code', 'start_date') }} as contract_code,
        {{ last_value_of('job_kind_code', 'start_date') }} as job_kind_code,
        {{ last_value_of('weekly_hours_class_code', 'start_date') }}
            as weekly_hours_class_code,
        {{ last_value_of('employer_key', 'start_date') }} as employer_key,
        max_by(coalesce(job_start_date, start_date), start_date) as job_start_date
    from period
    group by person_id, year, job_key
)

select * from final
