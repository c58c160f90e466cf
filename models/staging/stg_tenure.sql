{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'eigendomtab') }}
),

typed as (
    select
        soortobjectnummer || rinobjectnummer as address_key,
        file_year as year,
        {{ known('typeeigendom', 'tenure') }} as tenure_code,
        {{ known('typeeigenaar', 'tenure') }} as owner_code,
        aantalbewoners as resident_count,
        source_file
    from source
)

select * from typed
