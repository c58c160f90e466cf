{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbaburgerlijkestaatbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbaaanvangburgerlijkestaat') }} as start_date,
        {{ spell_end('gbaeindeburgerlijkestaat') }} as end_date,
        {{ known('gbaburgerlijkestaatnw', 'civil_status') }} as civil_status_code,
        source_file
    from source
)

select * from typed
