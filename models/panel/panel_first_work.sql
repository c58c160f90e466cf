{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

arrival as (
    select
        person_id,
        min(first_arrival_date) as arrival_date
    from {{ ref('panel_migration') }}
    group by person_id
),

source_spell as (
    select
        spell.person_key,
        spell.start_date
    from {{ resolved(ref('stg_income_source_spell')) }} as spell
    inner join {{ ref('socioeconomic') }} as code
        on spell.socioeconomic_code = code.socioeconomic_code
    inner join {{ ref('labour_group') }} as labour_group
        on
            code.labour_group = labour_group.labour_group
            and labour_group.is_work
    where spell.is_linkable
),

coverage as (
    select min(start_date) as first_date from {{ ref('stg_income_source_spell') }}
),

-- The months of work start with the sources of income; who arrived before has a first
-- job that nobody saw.
first_work as (
    select
        calendar.person_id,
        min(source_spell.start_date) as first_work_date
    from calendar
    inner join arrival
        on calendar.person_id = arrival.person_id
    inner join source_spell
        on
            calendar.person_key = source_spell.person_key
            and calendar.year = cast(year(source_spell.start_date) as int)
            and arrival.arrival_date <= last_day(source_spell.start_date)
    cross join coverage
    where arrival.arrival_date >= coverage.first_date
    group by calendar.person_id
),

first_job as (
    select
        job.person_id,
        min(job.first_day_at_work) as first_job_date
    from {{ ref('id_job_year') }} as job
    inner join arrival
        on
            job.person_id = arrival.person_id
            and job.first_day_at_work >= arrival.arrival_date
    group by job.person_id
),

job_coverage as (
    select min(first_day_at_work) as first_date from {{ ref('id_job_year') }}
),

known as (
    select
        arrival.person_id,
        first_work.first_work_date,
        {{ months_between('arrival.arrival_date', 'first_work.first_work_date') }}
            as arrival_to_first_work_months,
        case
            when arrival.arrival_date >= job_coverage.first_date
                then first_job.first_job_date
        end as first_job_date
    from arrival
    cross join job_coverage
    left outer join first_work
        on arrival.person_id = first_work.person_id
    left outer join first_job
        on arrival.person_id = first_job.person_id
),

-- Nothing is told before it happened.
final as (
    select
        calendar.person_id,
        calendar.year,
        case
            when known.first_work_date <= calendar.last_day then known.first_work_date
        end as first_work_date,
        case
            when known.first_work_date <= calendar.last_day
                then cast(known.arrival_to_first_work_months as int)
        end as arrival_to_first_work_months,
        case
            when known.first_job_date <= calendar.last_day then known.first_job_date
        end as first_job_date
    from calendar
    left outer join known
        on calendar.person_id = known.person_id
)

select * from final
