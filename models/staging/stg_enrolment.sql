{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'onderwijsinschrtab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        hoofdinschr as enrolment_kind_code,
        typeonderwijs as education_sector_code,
        {{ known('oplnr', 'programme') }} as enrolled_programme_code,
        try_cast(nullif(trim(voleerjaar), '') as int) as grade,
        brin_crypt || coalesce(trim(vobrinvest), '') as school_key,
        source_file
    from source
)

select * from typed
