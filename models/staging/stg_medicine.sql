{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'medicijntab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        atc4 as medicine_code,
        source_file
    from source
)

select * from typed
