{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmzlfmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvzlf') }} as start_date,
        {{ spell_end('eindzlf') }} as end_date,
        {{ known('zlfmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
