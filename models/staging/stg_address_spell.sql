{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbaadresobjectbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbadatumaanvangadreshouding') }} as start_date,
        {{ spell_end('gbadatumeindeadreshouding') }} as end_date,
        soortobjectnummer || rinobjectnummer as address_key,
        source_file
    from source
)

select * from typed
