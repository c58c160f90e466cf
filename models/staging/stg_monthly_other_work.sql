{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmovactmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvovact') }} as start_date,
        {{ spell_end('eindovact') }} as end_date,
        {{ known('ovactmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
