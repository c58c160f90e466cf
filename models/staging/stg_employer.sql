{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'betab') }}
),

typed as (
    select
        file_year as year,
        beid as employer_key,
        sbi93 as industry_1993_code,
        sbi2008 as industry_2008_code,
        source_file
    from source
)

select * from typed
