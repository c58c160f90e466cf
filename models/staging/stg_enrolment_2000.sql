{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'onderwijsdeelnemerstab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ known('oplnrhoofdinschr', 'programme') }} as enrolled_programme_code,
        try_cast(nullif(trim(mboaantaljarenniv), '') as int) as vocational_years,
        try_cast(nullif(trim(hoaantaljarentype), '') as int) as higher_years,
        source_file
    from source
)

select * from typed
