{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbaverbintenispartnerbus') }}
),

typed as (
    select
        {{ key_columns() }},
        rinpersoonsverbintenisp as partner_key_type,
        {{ person_key('rinpersoonsverbintenisp', 'rinpersoonverbintenisp') }}
            as partner_key,
        {{ text_to_date('aanvangverbintenis') }} as start_date,
        {{ spell_end('eindeverbintenis') }} as end_date,
        typeverbintenis as union_type_code,
        {{ known('redenbeeindigingverbintenis', 'union_end') }} as end_reason_code,
        xkoppelnrverbintenis as union_number,
        try_cast({{ known('gbageboortejaarpartner', 'year') }} as int)
            as partner_birth_year,
        try_cast({{ known('gbageboortemaandpartner', 'month') }} as int)
            as partner_birth_month,
        {{ known('gbageboortelandpartner', 'country') }} as partner_birth_country_code,
        {{ known('gbageslachtpartner', 'sex') }} as partner_sex_code,
        source_file
    from source
)

select * from typed
