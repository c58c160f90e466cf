with final as (
    select distinct person_key
    from {{ ref('id_link') }}
    where link_status = 'linked'
)

select * from final
