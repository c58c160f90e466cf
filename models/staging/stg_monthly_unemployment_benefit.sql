{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmwerklmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvwerkl') }} as start_date,
        {{ spell_end('eindwerkl') }} as end_date,
        {{ known('werklmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
