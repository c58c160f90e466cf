{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'koppeltabel_ipi_ihi_ivb') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ person_key('rinpersoonskern', 'rinpersoonkern') }} as core_person_key,
        {{ person_key('rinpersoonshkw', 'rinpersoonhkw') }} as main_earner_key,
        source_file
    from source
)

select * from typed
