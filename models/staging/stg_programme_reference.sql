{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'opleidingsnrref') }}
),

typed as (
    select
        oplnr as programme_code,
        cto2016v as programme_type_2016_code,
        cto2021v as programme_type_2021_code,
        isced as isced_level_code,
        source_file
    from source
)

select * from typed
