{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'kindoudertab') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ person_key('rinpersoonsma', 'rinpersoonma') }} as mother_key,
        {{ person_key('rinpersoonspa', 'rinpersoonpa') }} as father_key,
        xkoppelnummer as link_code,
        source_file
    from source
)

select * from typed
