with child as (
    select distinct child_key from {{ ref('id_child') }}
),

parent_child as (
    select
        parent_key,
        child_key
    from {{ ref('pop_parent_child') }}
    where problem is null
),

-- Siblings share a legal parent; those who share two are counted apart.
sibling as (
    select
        child.child_key,
        other.child_key as sibling_key,
        count(distinct own.parent_key) as shared_parents
    from child
    inner join parent_child as own
        on child.child_key = own.child_key
    inner join parent_child as other
        on
            own.parent_key = other.parent_key
            and own.child_key <> other.child_key
    group by child.child_key, other.child_key
),

born as (
    select
        sibling.child_key,
        sibling.shared_parents,
        person.birth_date
    from sibling
    inner join {{ ref('pop_person') }} as person
        on sibling.sibling_key = person.person_key
),

calendar as (
    select person_year.*
    from {{ ref('id_person_year') }} as person_year
    semi join child
        on person_year.person_key = child.child_key
),

final as (
    select
        calendar.person_id,
        calendar.year,
        cast(count(born.birth_date) as int) as sibling_count,
        cast(count(born.birth_date) filter (where born.shared_parents = 2) as int)
            as full_sibling_count
    from calendar
    left outer join born
        on
            calendar.person_key = born.child_key
            and calendar.last_day >= born.birth_date
    group by calendar.person_id, calendar.year
)

select * from final
