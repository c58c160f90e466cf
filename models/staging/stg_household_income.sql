{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'inhatab') }}
),

typed as (
    select
        rinpersoonshkw as key_type,
        {{ person_key('rinpersoonshkw', 'rinpersoonhkw') }} as main_earner_key,
        {{ person_key('rinpersoonshkw', 'rinpersoonhkw') }} is not null as is_linkable,
        file_year as year,
        {{ known('inhbrutinkh', 'amount_10') }} as household_income_gross_eur,
        {{ known('inhpriminkh', 'amount_10') }} as household_income_primary_eur,
        inhahl as person_count,
        {{ known('inhp100hbest', 'percentile') }} as household_income_percentile,
        {{ known('inhp100hgest', 'percentile') }} as standardised_income_percentile,
        {{ known('inharmeur', 'percentile') }} as poverty_line_percent,
        {{ known('inhbbihj', 'income_code') }} as household_main_source_code,
        {{ known('inhehalgr', 'income_code') }} as tenure_code,
        source_file
    from source
)

select * from typed
