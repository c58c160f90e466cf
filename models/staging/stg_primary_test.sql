{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'citotab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        nullif(citoadviesleerkracht, '99') as teacher_advice_code,
        citostandaardscore as test_score,
        citoschooltypeadvies as test_advice_code,
        source_file
    from source
)

select * from typed
