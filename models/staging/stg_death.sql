{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbaoverlijdentab') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbadatumoverlijden') }} as death_date,
        source_file
    from source
)

select * from typed
