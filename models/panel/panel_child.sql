with pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

-- Every child of a respondent counts in the order of births, followed or not.
born as (
    select distinct
        link.parent_key,
        link.child_key,
        child.birth_date
    from {{ ref('pop_parent_child') }} as link
    inner join {{ ref('pop_person') }} as child
        on link.child_key = child.person_key
    semi join {{ ref('id_child') }} as followed
        on link.parent_key = followed.person_key
    where link.problem is null
),

ordered as (
    select
        *,
        cast(
            rank() over (
                partition by parent_key order by birth_date nulls last
            ) as int
        ) as birth_order
    from born
),

final as (
    select
        respondent.person_id,
        child.person_id as child_id,
        'child_of_' || link.parent_role as relation_reason,
        ordered.birth_order
    from {{ ref('id_child') }} as link
    inner join ordered
        on
            link.person_key = ordered.parent_key
            and link.child_key = ordered.child_key
    inner join pseudonym as respondent
        on link.person_key = respondent.person_key
    inner join pseudonym as child
        on link.child_key = child.person_key
)

select * from final
