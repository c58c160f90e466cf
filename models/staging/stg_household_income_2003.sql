{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'huishbvrink') }}
),

typed as (
    select
        rinpersoonskern as key_type,
        {{ person_key('rinpersoonskern', 'rinpersoonkern') }} as core_person_key,
        {{ is_person_key('rinpersoonskern', 'rinpersoonkern') }} as is_linkable,
        file_year as year,
        {{ known('bvrbrutinkh', 'amount_9') }} as household_income_gross_eur,
        {{ known('bvrpriminkh', 'amount_9') }} as household_income_primary_eur,
        {{ known('bvrbestinkh', 'amount_9') }}
            as household_income_disposable_eur,
        source_file
    from source
)

select * from typed
