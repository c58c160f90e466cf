with source as (
    select * from {{ source('landing', 'enquetecontacttab') }}
),

typed as (
    select
        upper(enquete) as survey,
        try_cast(enquetejaar as int) as survey_year,
        respondentnr as respondent_key,
        nullif(voornaam, '') as given_name,
        nullif(achternaam, '') as family_name,
        {{ known('geslacht', 'sex') }} as sex_code,
        {{ text_to_date('gebdatum') }} as birth_date,
        nullif(straatnaam, '') as street,
        nullif(huisnummer, '') as house_number,
        nullif(upper(replace(postcode, ' ', '')), '') as postcode,
        source_file
    from source
)

select * from typed
