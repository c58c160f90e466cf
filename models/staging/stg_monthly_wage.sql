{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmwerkndgamndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvwerkndga') }} as start_date,
        {{ spell_end('eindwerkndga') }} as end_date,
        {{ known('werkndgamndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
