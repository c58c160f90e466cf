{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbanationaliteitbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbaaanvangnationaliteit') }} as start_date,
        {{ spell_end('gbaeindenationaliteit') }} as end_date,
        {{ known('gbanationaliteit1', 'nationality') }} as nationality_code,
        {{ known('gbanationaliteit2', 'nationality') }} as second_nationality_code,
        gbatypenationaliteit as nationality_type_code,
        source_file
    from source
)

select * from typed
