{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'persoonink') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ known('persbrut', 'amount_9') }} as personal_income_gross_eur,
        {{ known('persink', 'amount_9') }} as personal_income_eur,
        {{ known('persprim', 'amount_9') }} as personal_income_primary_eur,
        source_file
    from source
)

select * from typed
