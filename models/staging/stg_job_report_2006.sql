{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'polisbus') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        baanrugid as job_key,
        {{ text_to_date('aanvbus') }} as start_date,
        {{ text_to_date('eindbus') }} + 1 as end_date,
        cast({{ known('baandagen', 'hours') }} as decimal(9, 2)) as job_days,
        cast({{ known('voltijddagen', 'hours') }} as decimal(9, 2)) as full_time_days,
        cast({{ known('lningld', 'wage') }} as decimal(12, 2)) as wage_eur,
        cast({{ known('basisloon', 'wage') }} as decimal(12, 2)) as basic_wage_eur,
        cast({{ known('bijzonderebeloning', 'wage') }} as decimal(12, 2))
            as special_payment_eur,
        cast({{ known('lnowrk', 'wage') }} as decimal(12, 2)) as overtime_wage_eur,
        cast({{ known('reguliereuren', 'hours') }} as decimal(9, 2)) as regular_hours,
        cast({{ known('overwerkuren', 'hours') }} as decimal(9, 2)) as overtime_hours,
        cast({{ known('aantverlu', 'hours') }} as decimal(9, 2)) as paid_hours,
        upper(contractsoort) as contract_code,
        polisdienstverband as full_time_code,
        soortbaan as job_kind_code,
        wekarbduurklasse as weekly_hours_class_code,
        srtiv as income_relation_code,
        beid as employer_key,
        caosector as cao_sector_code,
        {{ text_to_date('datumaanvangikv') }} as job_start_date,
        {{ spell_end('datumeindeikv') }} as job_end_date,
        source_file
    from source
)

select * from typed
