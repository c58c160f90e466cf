{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'doodoorztab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        uccode as cause_code,
        plaatsoverlijden as death_place_code,
        source_file
    from source
)

select * from typed
