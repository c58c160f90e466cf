{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmsocvoorzovmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvsocvoorzov') }} as start_date,
        {{ spell_end('eindsocvoorzov') }} as end_date,
        {{ known('socvoorzovmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
