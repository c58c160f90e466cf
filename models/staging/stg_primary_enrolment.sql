{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'inschrwpotab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        try_cast(trim(wpoleerjaar) as int) as grade,
        try_cast(trim(wpogroepsgrootte) as int) as group_pupil_count,
        trim(wpotypepo) as primary_type_code,
        wpobrin_crypt || trim(wpobrinvest) as school_key,
        nullif(trim(wpotoetsadvies), '') as test_advice_code,
        nullif(trim(wpoadviesvo), '') as advice_code,
        nullif(trim(wpoadviesherz), '') as revised_advice_code,
        try_cast(nullif(trim(wporekenen), '') as int) as arithmetic_level,
        try_cast(nullif(trim(wpotaallv), '') as int) as reading_level,
        try_cast(nullif(trim(wpotaaltv), '') as int) as language_level,
        source_file
    from source
)

select * from typed
