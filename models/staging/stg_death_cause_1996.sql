{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'do') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ parts_to_date('ovljr', 'ovlmnd', 'ovldag') }} as death_date,
        uccode as cause_code,
        source_file
    from source
)

select * from typed
