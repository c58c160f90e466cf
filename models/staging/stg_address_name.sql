with source as (
    select * from {{ source('landing', 'adresnaamtab') }}
),

typed as (
    select
        soortobjectnummer || rinobjectnummer as address_key,
        nullif(straatnaam, '') as street,
        nullif(huisnummer, '') as house_number,
        nullif(upper(replace(postcode, ' ', '')), '') as postcode,
        source_file
    from source
)

select * from typed
