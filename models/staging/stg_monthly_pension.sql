{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmpensioenmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvpensioen') }} as start_date,
        {{ spell_end('eindpensioen') }} as end_date,
        {{ known('pensioenmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
