with source as (
    select * from {{ source('landing', 'persoonnaamtab') }}
),

typed as (
    select
        {{ key_columns() }},
        nullif(voornamen, '') as given_names,
        nullif(geslachtsnaam, '') as family_name,
        nullif(geslachtsnaampartner, '') as partner_name,
        source_file
    from source
)

select * from typed
