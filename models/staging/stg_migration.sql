{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbamigratiebus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbadatumaanvangmigratie') }} as movement_date,
        gbasoortmigratie as movement_code,
        {{ known('gbalandherkomst', 'country') }} as from_country_code,
        {{ known('gbalandbestemming', 'country') }} as to_country_code,
        source_file
    from source
)

select * from typed
