{{ config(tags=['shared']) }}

with delivered as (
    select
        person_key,
        mother_key,
        father_key,
        link_code
    from {{ resolved(
        ref('stg_parent_child'), ['person_key', 'mother_key', 'father_key']
    ) }}
    where is_linkable
),

-- Both numbers of a child name the same parents: one link.
link as (
    {%- for role in ['mother', 'father'] %}
    select
        person_key as child_key,
        {{ role }}_key as parent_key,
        '{{ role }}' as parent_role,
        max(link_code) as link_code
    from delivered
    where {{ role }}_key is not null
    group by person_key, {{ role }}_key
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

pair as (
    select distinct
        child_key,
        parent_key
    from link
),

person as (
    select
        person_key,
        birth_date,
        death_date
    from {{ ref('pop_person') }}
),

aged as (
    select
        link.child_key,
        link.parent_key,
        link.parent_role,
        link.link_code,
        {{ age_on('parent.birth_date', 'child.birth_date') }} as parent_age_at_birth,
        {{ days_between('parent.death_date', 'child.birth_date') }}
            as days_after_parent_death,
        back.child_key is not null as is_cycle
    from link
    inner join person as child
        on link.child_key = child.person_key
    inner join person as parent
        on link.parent_key = parent.person_key
    left outer join pair as back
        on
            link.child_key = back.parent_key
            and link.parent_key = back.child_key
            and link.child_key <> link.parent_key
),

-- Impossible links stay, with what is wrong with them, and nothing is built on them. A
-- longer cycle has a parent younger than the child somewhere.
final as (
    select
        child_key,
        parent_key,
        parent_role,
        link_code,
        parent_age_at_birth,
        case
            when child_key = parent_key then 'own_parent'
            when
                parent_age_at_birth < {{ var('parent_age_range')[0] }}
                then 'parent_too_young'
            when
                parent_age_at_birth > {{ var('parent_age_range')[1] }}
                then 'parent_too_old'
            when is_cycle then 'child_of_own_child'
            when parent_role = 'mother' and days_after_parent_death > 0
                then 'birth_after_death_of_mother'
            when days_after_parent_death > {{ var('days_of_pregnancy') }}
                then 'birth_after_death_of_father'
        end as problem
    from aged
)

select * from final
