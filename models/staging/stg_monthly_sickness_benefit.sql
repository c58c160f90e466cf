{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmziekteaomndbedragbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvziekteao') }} as start_date,
        {{ spell_end('eindziekteao') }} as end_date,
        {{ known('ziekteaomndbedrag', 'amount_9') }} as month_amount_eur,
        source_file
    from source
)

select * from typed
