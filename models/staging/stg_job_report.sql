{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'spolisbus') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        ikvid as job_key,
        {{ text_to_date('sdatumaanvangiko') }} as start_date,
        {{ text_to_date('sdatumeindeiko') }} + 1 as end_date,
        cast({{ known('sbaandagen', 'hours') }} as decimal(9, 2)) as job_days,
        cast({{ known('svoltijddagen', 'hours') }} as decimal(9, 2)) as full_time_days,
        cast({{ known('slningld', 'wage') }} as decimal(12, 2)) as wage_eur,
        cast({{ known('sbasisloon', 'wage') }} as decimal(12, 2)) as basic_wage_eur,
        cast({{ known('sbijzonderebeloning', 'wage') }} as decimal(12, 2))
            as special_payment_eur,
        cast({{ known('slnowrk', 'wage') }} as decimal(12, 2)) as overtime_wage_eur,
        cast({{ known('sreguliereuren', 'hours') }} as decimal(9, 2)) as regular_hours,
        cast({{ known('soverwerkuren', 'hours') }} as decimal(9, 2)) as overtime_hours,
        cast({{ known('saantverlu', 'hours') }} as decimal(9, 2)) as paid_hours,
        upper(scontractsoort) as contract_code,
        spolisdienstverband as full_time_code,
        ssoortbaan as job_kind_code,
        swekarbduurklasse as weekly_hours_class_code,
        ssrtiv as income_relation_code,
        sbeid as employer_key,
        scaosector as cao_sector_code,
        {{ text_to_date('sdatumaanvangikv') }} as job_start_date,
        {{ spell_end('sdatumeindeikv') }} as job_end_date,
        source_file
    from source
)

select * from typed
