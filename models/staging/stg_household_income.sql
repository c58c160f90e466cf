{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'inhatab') }}
),

typed as (
    select
        rinpersoonshkw as key_type,
        {{ person_key('rinpersoonshkw', 'rinpersoonhkw') }} as main_earner_key,
        {{ is_person_key('rinpersoonshkw', 'rinpersoonhkw') }} as is_linkable,
        file_year as year,
        {{ known('inhbrutinkh', 'amount_10') }} as household_income_gross_eur,
        {{ known('inhpriminkh', 'amount_10') }} as household_income_primary_eur,
        inhahl as person_count,
        inhahlmi as earner_count,
        {{ known('inhp100hbest', 'percentile') }} as household_income_percentile,
        {{ negative_code('inhp100hbest') }}
            as household_income_percentile_missing_code,
        {{ known('inhp100hgest', 'percentile') }} as standardised_income_percentile,
        {{ negative_code('inhp100hgest') }}
            as standardised_income_percentile_missing_code,
        {{ known('inhp100hprim', 'percentile') }}
            as household_income_primary_percentile,
        {{ negative_code('inhp100hprim') }}
            as household_income_primary_percentile_missing_code,
        {{ known('inharmeur', 'percentile') }} as poverty_line_percent,
        {{ negative_code('inharmeur') }} as poverty_line_percent_missing_code,
        {{ known('inharmeurl', 'percentile') }} as poverty_line_long_percent,
        {{ negative_code('inharmeurl') }} as poverty_line_long_percent_missing_code,
        {{ known('inhbbihj', 'income_code') }} as household_main_source_code,
        {{ known('inhehalgr', 'income_code') }} as tenure_code,
        {{ known('inhsamhh', 'income_code') }} as household_composition_code,
        {{ known('inhuaf', 'income_code') }} = '1' as is_benefit_dependent,
        {{ known('inhuafl', 'income_code') }} = '1' as is_long_benefit_dependent,
        source_file
    from source
)

select * from typed
