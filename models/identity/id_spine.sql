with final as (
    select
        person_key,
        bool_or(relation = 'respondent') as is_respondent,
        bool_or(relation = 'partner') as is_partner,
        bool_or(relation = 'child') as is_child
    from {{ ref('id_person_role') }}
    group by person_key
)

select * from final
