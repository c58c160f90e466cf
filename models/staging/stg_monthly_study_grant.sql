{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmbeursmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvbeurs') }} as start_date,
        {{ spell_end('eindbeurs') }} as end_date,
        {{ known('beursmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
