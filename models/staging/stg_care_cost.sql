{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'zvwzorgkostentab') }}
),

typed as (
    select
        {{ key_columns() }},
        file_year as year,
        cast(zvwkhuisarts as decimal(12, 2)) as gp_cost_eur,
        cast(nopzvwkhuisartsinschrijf as decimal(12, 2)) as gp_registration_cost_eur,
        cast(zvwkmultidisc as decimal(12, 2)) as multidisciplinary_cost_eur,
        cast(zvwkfarmacie as decimal(12, 2)) as pharmacy_cost_eur,
        cast(zvwkmondzorg as decimal(12, 2)) as dental_cost_eur,
        cast(zvwkziekenhuis as decimal(12, 2)) as hospital_cost_eur,
        cast(zvwkeerstelijnsverblijf as decimal(12, 2)) as primary_stay_cost_eur,
        cast(zvwkparamedisch as decimal(12, 2)) as paramedic_cost_eur,
        cast(zvwkhulpmiddel as decimal(12, 2)) as aids_cost_eur,
        cast(zvwkziekenvervoer as decimal(12, 2)) as transport_cost_eur,
        cast(zvwkbuitenland as decimal(12, 2)) as care_abroad_cost_eur,
        cast(zvwkoverig as decimal(12, 2)) as other_care_cost_eur,
        cast(zvwkeerstelijnspsycho as decimal(12, 2)) as psychologist_cost_eur,
        cast(zvwkggz as decimal(12, 2)) as mental_care_cost_eur,
        cast(zvwkgenbasggz as decimal(12, 2)) as basic_mental_cost_eur,
        cast(zvwkspecggz as decimal(12, 2)) as specialist_mental_cost_eur,
        cast(zvwkgeriatrisch as decimal(12, 2)) as geriatric_cost_eur,
        cast(zvwkwykverpleging as decimal(12, 2)) as nursing_cost_eur,
        cast(zvwkgeboortezorg as decimal(12, 2)) as maternity_cost_eur,
        zvwkophoogfactor as record_weight,
        source_file
    from source
)

select * from typed
