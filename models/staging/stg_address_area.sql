{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'vslgwbtab') }}
),

typed as (
    select
        soortobjectnummer || rinobjectnummer as address_key,
        area_year as year,
        {{ known('gem', 'municipality') }} as municipality_code,
        {{ known('wc', 'district') }} as district_code,
        {{ known('bc', 'neighbourhood') }} as neighbourhood_code,
        source_file
    from source
)

select * from typed
