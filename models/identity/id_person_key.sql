with pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_pseudonym') }}
),

final as (
    select
        cast(pseudonym.person_key as string) as person_key,
        cast(pseudonym.person_id as string) as person_id,
        cast(spine.person_key is not null as boolean) as is_in_register
    from pseudonym
    left outer join {{ ref('id_spine') }} as spine
        on pseudonym.person_key = spine.person_key
)

select * from final
