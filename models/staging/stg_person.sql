{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbapersoontab') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ person_attributes() }},
        {{ known('gbageboortelandmoeder', 'country') }} as mother_birth_country_code,
        {{ known('gbageboortelandvader', 'country') }} as father_birth_country_code,
        try_cast({{ known('gbaaantaloudersbuitenland', 'parents_abroad') }} as int)
            as parents_born_abroad_count,
        {{ known('gbaherkomstgroepering', 'country') }} as origin_country_old_code,
        {{ known('gbaherkomstland', 'country') }} as origin_country_code,
        {{ known('gbageneratie', 'generation') }} as generation_code,
        {{ known('gbageboortelandnl', 'born_nl') }} = '1' as is_born_in_nl,
        {{ known('gbageslachtmoeder', 'sex') }} as mother_sex_code,
        {{ known('gbageslachtvader', 'sex') }} as father_sex_code,
        {{ parts_to_date(
            'gbageboortejaarmoeder', 'gbageboortemaandmoeder', 'gbageboortedagmoeder'
        ) }} as mother_birth_date,
        {{ parts_to_date(
            'gbageboortejaarvader', 'gbageboortemaandvader', 'gbageboortedagvader'
        ) }} as father_birth_date,
        source_file
    from source
)

select * from typed
