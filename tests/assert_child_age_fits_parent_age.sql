{#- The harm: a child is joined to the wrong parent or year, and every age-gap or
    fertility measure is off. A child's age is the mother's age minus her age at birth,
    to within the birthday. -#}
select
    child.person_id,
    child.child_id,
    child.year
from {{ ref('mart_child_year') }} as child
inner join {{ ref('mart_person_year') }} as parent
    on
        child.person_id = parent.person_id
        and child.year = parent.year
inner join {{ ref('id_person_key') }} as child_key
    on child.child_id = child_key.person_id
inner join {{ ref('id_person_key') }} as parent_key
    on child.person_id = parent_key.person_id
inner join {{ ref('pop_parent_child') }} as link
    on
        child_key.person_key = link.child_key
        and parent_key.person_key = link.parent_key
where parent.age - child.age - link.parent_age_at_birth not between 0 and 1
