{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'landaktueelref') }}
),

typed as (
    select
        land as country_code,
        etngrp as origin_seven_code,
        landtype as western_code,
        landtiendeling as origin_ten_code,
        werelddeel2 as continent_code,
        landaktueel as current_country_code,
        source_file
    from source
)

select * from typed
