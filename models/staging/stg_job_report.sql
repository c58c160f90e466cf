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
        {{ job_report('s') }},
        source_file
    from source
)

select * from typed
