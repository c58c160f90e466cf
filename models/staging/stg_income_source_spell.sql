{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'secmbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('aanvsecm') }} as start_date,
        {{ spell_end('eindsecm') }} as end_date,
        {{ known('secm', 'secm') }} as socioeconomic_code,
        coalesce(xkoppelwerknsecm = '1', false) as has_wages,
        coalesce(xkoppeldgasecm = '1', false) as has_director_wages,
        coalesce(xkoppelzelfstsecm = '1', false) as has_business_profit,
        coalesce(xkoppelovactiefsecm = '1', false) as has_other_work,
        coalesce(xkoppelmeewerkendsecm = '1', false) as has_family_work,
        coalesce(xkoppelwerkluitksecm = '1', false) as has_unemployment_benefit,
        coalesce(xkoppelbijstandsecm = '1', false) as has_social_assistance,
        coalesce(xkoppelsocvoorzovsecm = '1', false) as has_other_benefit,
        coalesce(xkoppelziekteaosecm = '1', false) as has_sickness_benefit,
        coalesce(xkoppelpensioensecm = '1', false) as has_pension,
        coalesce(xkoppelscholstudsecm = '1', false) as is_in_education,
        source_file
    from source
)

select * from typed
