{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'vehtab') }}
),

typed as (
    select
        rinpersoonshkw as key_type,
        {{ person_key('rinpersoonshkw', 'rinpersoonhkw') }} as main_earner_key,
        {{ is_person_key('rinpersoonshkw', 'rinpersoonhkw') }} as is_linkable,
        file_year as year,
        {{ known('vehw1000verh', 'amount_11') }} as household_wealth_eur,
        {{ known('vehw1100bezh', 'amount_11') }} as household_assets_eur,
        {{ known('vehw1110finh', 'amount_11') }} as financial_assets_eur,
        {{ known('vehw1120onrh', 'amount_11') }} as real_estate_eur,
        {{ known('vehw1130ondh', 'amount_11') }} as business_assets_eur,
        {{ known('vehw1140abeh', 'amount_11') }} as substantial_holding_eur,
        {{ known('vehw1150oveh', 'amount_11') }} as other_assets_eur,
        {{ known('vehw1200stoh', 'amount_11') }} as household_debt_eur,
        {{ known('vehw1210shyh', 'amount_11') }} as mortgage_debt_eur,
        {{ known('vehw1220ssth', 'amount_11') }} as student_debt_eur,
        {{ known('vehw1230sovh', 'amount_11') }} as other_debt_eur,
        {{ known('vehwverexewh', 'amount_11') }} as wealth_without_home_eur,
        {{ known('vehp100hverm', 'percentile') }} as wealth_percentile,
        {{ negative_code('vehp100hverm') }} as wealth_percentile_missing_code,
        {{ known('vehp100welvaart', 'percentile') }} as welfare_percentile,
        {{ negative_code('vehp100welvaart') }} as welfare_percentile_missing_code,
        source_file
    from source
)

select * from typed
