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
        {{ known('inpbeli', 'amount_10') }} as taxable_income_eur,
        {{ known('inpt1000wer', 'amount_10') }} as wage_income_eur,
        {{ known('inpt1020amb', 'amount_10') }} as civil_service_income_eur,
        {{ known('inpt2070win', 'amount_10') }} as business_income_eur,
        {{ known('inpt5210ww', 'amount_10') }} as unemployment_benefit_eur,
        {{ known('inpt5240ao', 'amount_10') }} as disability_benefit_eur,
        {{ known('inpt5260aow', 'amount_10') }} as state_pension_eur,
        {{ known('inpt5280pen', 'amount_10') }} as occupational_pension_eur,
        {{ known('inpt6320kb', 'amount_10') }} as child_benefit_eur,
        {{ known('inpt6325kgb', 'amount_10') }} as child_budget_eur,
        {{ known('inpt6330stu', 'amount_10') }} as study_grant_eur,
        {{ known('inpt7340hrs', 'amount_10') }} as housing_benefit_eur,
        {{ known('inpv3900ink', 'amount_10') }} as income_tax_eur,
        {{ known('inpp100pbrut', 'percentile') }} as personal_income_gross_percentile,
        {{ negative_code('inpp100pbrut') }}
            as personal_income_gross_percentile_missing_code,
        {{ known('inpp100ppers', 'percentile') }} as personal_income_percentile,
        {{ negative_code('inpp100ppers') }} as personal_income_percentile_missing_code,
        {{ known('inpsecj', 'secm') }} as year_socioeconomic_code,
        {{ known('inpemez', 'income_code') }} = '1' as is_economically_independent,
        {{ known('inpemfo', 'income_code') }} = '1' as is_financially_independent,
        {{ known('inppink', 'income_code') }} = '1' as has_personal_income,
        {{ known('inpposhhk', 'income_code') }} as earner_position_code,
        nullif(inptypzlf, '00') as self_employment_type_code,
        source_file
    from source
)

select * from typed
