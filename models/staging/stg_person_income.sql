{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'inpatab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        {{ known('inppersbrut', 'amount_10') }} as personal_income_gross_eur,
        {{ known('inppersink', 'amount_10') }} as personal_income_eur,
        {{ known('inppersprim', 'amount_10') }} as personal_income_primary_eur,
        {{ known('inpp100ppers', 'percentile') }} as personal_income_percentile,
        {{ known('inpsecj', 'secm') }} as year_socioeconomic_code,
        {{ known('inpemez', 'income_code') }} = '1' as is_economically_independent,
        {{ known('inpposhhk', 'income_code') }} as earner_position_code,
        source_file
    from source
)

select * from typed
