with final as (
    select
        link.parent_key as person_key,
        link.child_key,
        max(link.parent_role) as parent_role
    from {{ ref('pop_parent_child') }} as link
    semi join {{ ref('id_respondent') }} as respondent
        on link.parent_key = respondent.person_key
    anti join {{ ref('id_consent') }} as refuser
        on
            link.child_key = refuser.person_key
            and not refuser.is_reachable_as_kin
    where link.problem is null
    group by link.parent_key, link.child_key
)

select * from final
