{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmbijstmndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvbijst') }} as start_date,
        {{ spell_end('eindbijst') }} as end_date,
        {{ known('bijstmndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
