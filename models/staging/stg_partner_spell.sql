{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'partnerbus') }}
),

typed as (
    select
        {{ key_columns() }},
        rinpersoonsp as partner_key_type,
        {{ person_key('rinpersoonsp', 'rinpersoonp') }} as partner_key,
        {{ text_to_date('aanvangpartner') }} as start_date,
        {{ spell_end('eindepartner') }} as end_date,
        source_file
    from source
)

select * from typed
