{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbapersoontab_earlier') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ person_attributes() }},
        file_year,
        source_file
    from source
)

select * from typed
