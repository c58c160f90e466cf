{{ config(tags=['shared']) }}

with link as (
    select
        person_key as child_key,
        mother_key as parent_key,
        'mother' as parent_role,
        link_code
    from {{ ref('stg_parent_child') }}
    where is_linkable and mother_key is not null
    union all
    select
        person_key as child_key,
        father_key as parent_key,
        'father' as parent_role,
        link_code
    from {{ ref('stg_parent_child') }}
    where is_linkable and father_key is not null
),

person as (
    select
        person_key,
        birth_date
    from {{ ref('pop_person') }}
),

aged as (
    select
        link.child_key,
        link.parent_key,
        link.parent_role,
        link.link_code,
        {{ age_on('parent.birth_date', 'child.birth_date') }} as parent_age_at_birth
    from link
    inner join person as child
        on link.child_key = child.person_key
    inner join person as parent
        on link.parent_key = parent.person_key
),

-- Impossible links stay, with what is wrong with them, and nothing is built on them.
final as (
    select
        *,
        case
            when child_key = parent_key then 'own_parent'
            when
                parent_age_at_birth < {{ var('parent_age_range')[0] }}
                then 'parent_too_young'
            when
                parent_age_at_birth > {{ var('parent_age_range')[1] }}
                then 'parent_too_old'
        end as problem
    from aged
)

select * from final
