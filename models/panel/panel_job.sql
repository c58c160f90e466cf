{{ config(tags=['shared']) }}

with residence as (
    select
        person_id,
        year,
        resident_days
    from {{ ref('panel_residence') }}
),

delivered_year as (
    select distinct
        year,
        'polis' as job_series
    from {{ ref('stg_job_report_2006') }}
    where {{ in_catalogue_years('polisbus') }}
    union all
    select distinct
        year,
        'spolis' as job_series
    from {{ ref('stg_job_report') }}
    where {{ in_catalogue_years('spolisbus') }}
),

job as (
    select * from {{ ref('id_job_year') }}
),

main_job as (
    select *
    from job
    qualify row_number() over (
        partition by person_id, year
        order by coalesce(wage_eur, 0) desc, job_key
    ) = 1
),

person_total as (
    select
        person_id,
        year,
        cast(count(*) as int) as job_count,
        cast(count(*) filter (where is_on_last_day) as int) as job_on_last_day_count,
        cast(round(sum(wage_eur), 0) as bigint) as wage_eur,
        cast(round(sum(special_payment_eur), 0) as bigint) as special_payment_eur,
        cast(round(sum(paid_hours), 0) as int) as paid_hours,
        cast(round(sum(overtime_hours), 0) as int) as overtime_hours
    from job
    group by person_id, year
),

employer as (
    select
        year,
        employer_key,
        coalesce(industry_2008_code, industry_1993_code) as industry_code,
        case when industry_2008_code is null then 'sbi1993' else 'sbi2008' end
            as industry_series
    from {{ ref('stg_employer') }}
),

described as (
    select
        person_total.*,
        main_job.job_series,
        main_job.is_on_last_day as main_job_is_on_last_day,
        cast(round(main_job.wage_eur, 0) as bigint) as main_job_wage_eur,
        cast(main_job.job_days as int) as main_job_days,
        {{ ratio('main_job.full_time_days', 'main_job.job_days') }}
            as main_job_full_time_share,
        contract_type.contract_type as main_job_contract,
        job_kind.job_kind as main_job_kind,
        main_job.weekly_hours_class_code as main_job_hours_class_code,
        main_job.job_start_date as main_job_start_date,
        section.industry_section_code as main_job_industry_code,
        section.industry_series as main_job_industry_series
    from person_total
    inner join main_job
        on
            person_total.person_id = main_job.person_id
            and person_total.year = main_job.year
    left outer join employer
        on
            main_job.employer_key = employer.employer_key
            and main_job.year = employer.year
    left outer join {{ ref('industry_section') }} as section
        on
            employer.industry_series = section.industry_series
            and substr(employer.industry_code, 1, 2) = section.division_code
    left outer join {{ ref('contract_type') }} as contract_type
        on main_job.contract_code = contract_type.contract_code
    left outer join {{ ref('job_kind') }} as job_kind
        on main_job.job_kind_code = job_kind.job_kind_code
),

price as (
    {{ real_factor() }}
),

-- People without a report in a delivered year had no job: their count is zero.
final as (
    select
        residence.person_id,
        residence.year,
        delivered_year.job_series,
        case when delivered_year.year is null then 'not_delivered' end
            as job_missing_reason,
        case
            when delivered_year.year is not null then coalesce(described.job_count, 0)
        end as job_count,
        case
            when delivered_year.year is not null
                then coalesce(described.job_on_last_day_count, 0)
        end as job_on_last_day_count,
        described.wage_eur,
        {{ real_eur('described.wage_eur') }} as wage_real_eur,
        described.special_payment_eur,
        described.paid_hours,
        described.overtime_hours,
        case
            when described.paid_hours > 0
                then {{ ratio('described.wage_eur', 'described.paid_hours') }}
        end as hourly_wage_eur,
        described.wage_eur is not null and residence.resident_days = 0
            as is_wage_of_nonresident,
        described.main_job_wage_eur,
        described.main_job_is_on_last_day,
        described.main_job_days,
        described.main_job_full_time_share,
        described.main_job_contract,
        described.main_job_kind,
        described.main_job_hours_class_code,
        described.main_job_start_date,
        described.main_job_industry_code,
        described.main_job_industry_series
    from residence
    left outer join price
        on residence.year = price.year
    left outer join delivered_year
        on residence.year = delivered_year.year
    left outer join described
        on
            residence.person_id = described.person_id
            and residence.year = described.year
)

select * from final
