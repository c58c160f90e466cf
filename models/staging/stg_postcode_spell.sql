{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'vslpostcodebus') }}
),

typed as (
    select
        soortobjectnummer || rinobjectnummer as address_key,
        {{ text_to_date('datumaanvpostcodenumadres') }} as start_date,
        {{ spell_end('datumeindpostcodenumadres') }} as end_date,
        {{ known('postcodenum', 'municipality') }} as postcode,
        source_file
    from source
)

select * from typed
