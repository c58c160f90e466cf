{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'vrlmigmotbus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('vrldatumaanvangmigmot') }} as start_date,
        {{ spell_end('vrldatumeindemigmot') }} as end_date,
        vrlmigmotsysteem as motive_system_code,
        nullif(trim(vrlmigmotind), '') as motive_code,
        vrlmigdoelgezin = '1' as has_family_goal,
        vrlmigdoelarbeid = '1' as has_labour_goal,
        vrlmigdoelasiel = '1' as has_asylum_goal,
        vrlmigdoelstudie = '1' as has_study_goal,
        source_file
    from source
)

select * from typed
