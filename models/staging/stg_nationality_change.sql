{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'gbanatgewijzigdenmassabus') }}
),

typed as (
    select
        {{ key_columns() }},
        {{ text_to_date('gbadatumnatwijziging') }} as change_date,
        {{ known('gbanationaliteitoud', 'nationality') }} as old_nationality_code,
        {{ known('gbanationaliteitnieuw', 'nationality') }} as new_nationality_code,
        gbaredennatwijziging as change_reason_code,
        file_year as publication_year,
        source_file
    from source
)

select * from typed
