{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'hoogsteopltab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ known('oplnrhb', 'programme') }} as attained_programme_code,
        {{ known('oplnrhg', 'programme') }} as followed_programme_code,
        {{ known('oplnivsoi2016agg4hbmetnirwo', 'soi_level') }}
            as attained_soi2016_code,
        {{ known('oplnivsoi2016agg4hgmetnirwo', 'soi_level') }}
            as followed_soi2016_code,
        {{ known('oplnivsoi2021agg4hbmetnirwo', 'soi_level') }}
            as attained_soi2021_code,
        {{ known('oplnivsoi2021agg4hgmetnirwo', 'soi_level') }}
            as followed_soi2021_code,
        {{ known('richtdetailiscedf2013hbmetnirwo', 'isced_field') }}
            as attained_field_code,
        gewichthoogsteopl as record_weight,
        bronoplarchiefhb as attained_source_code,
        source_file
    from source
)

select * from typed
