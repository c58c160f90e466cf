{{ config(tags=['shared']) }}

with source as (
    select * from {{ source('landing', 'ctoref') }}
),

typed as (
    select
        cto as programme_type_code,
        oplnivsoi2016agg4hb as soi2016_code,
        source_file
    from source
)

select * from typed
