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
        {{ job_report() }},
        source_file
    from source
)

select * from typed
