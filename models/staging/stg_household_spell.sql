{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbahuishoudensbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('datumaanvanghh') }} as start_date,
        {{ spell_end('datumeindehh') }} as end_date,
        huishoudnr as household_number,
        {{ known('typhh', 'household_type') }} as household_type_code,
        {{ known('plhh', 'household_place') }} as household_place_code,
        refpersoonhh = '1' as is_reference_person,
        aantalpershh as person_count,
        aantalkindhh as child_count,
        aantalovhh as other_member_count,
        {{ parts_to_date('gebjaarjongstekindhh', 'gebmaandjongstekindhh', "'01'") }}
            as youngest_child_birth_month,
        {{ parts_to_date('gebjaaroudstekindhh', 'gebmaandoudstekindhh', "'01'") }}
            as oldest_child_birth_month,
        {{ known('imputatiecodehh', 'imputation') }} as imputation_code,
        source_file
    from source
)

select * from typed
