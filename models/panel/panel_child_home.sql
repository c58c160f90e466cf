with child as (
    select distinct child_key from {{ ref('id_child') }}
),

parent as (
    select
        link.child_key,
        link.parent_key,
        link.parent_role
    from {{ ref('pop_parent_child') }} as link
    semi join child
        on link.child_key = child.child_key
    where link.problem is null
),

calendar as (
    select person_year.*
    from {{ ref('id_person_year') }} as person_year
    semi join child
        on person_year.person_key = child.child_key
),

household_spell as (
    select
        person_key,
        start_date,
        end_date,
        household_number
    from {{ ref('pop_household_spell') }}
),

-- Household numbers are only compared on one and the same day.
child_day as (
    select
        calendar.person_key as child_key,
        calendar.person_id,
        calendar.year,
        calendar.last_day,
        spell.household_number
    from calendar
    inner join household_spell as spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
),

parent_at_home as (
    select
        child_day.child_key,
        child_day.year,
        child_day.last_day,
        parent.parent_key,
        parent.parent_role
    from child_day
    inner join parent
        on child_day.child_key = parent.child_key
    inner join household_spell as spell
        on
            parent.parent_key = spell.person_key
            and child_day.household_number = spell.household_number
            and {{ covers('spell.start_date', 'spell.end_date', 'child_day.last_day') }}
),

-- A partner at home of a parent at home, who is no parent of this child.
step_parent as (
    select distinct
        parent_at_home.child_key,
        parent_at_home.year
    from parent_at_home
    inner join {{ ref('pop_living_together') }} as couple
        on
            parent_at_home.parent_key = couple.person_key
            and {{ covers('couple.start_date', 'couple.end_date',
                          'parent_at_home.last_day') }}
    anti join parent
        on
            parent_at_home.child_key = parent.child_key
            and couple.partner_key = parent.parent_key
),

at_home as (
    select
        child_key,
        year,
        bool_or(parent_role = 'mother') as lives_with_mother,
        bool_or(parent_role = 'father') as lives_with_father
    from parent_at_home
    group by child_key, year
),

final as (
    select
        child_day.person_id,
        child_day.year,
        coalesce(at_home.lives_with_mother, false) as lives_with_mother,
        coalesce(at_home.lives_with_father, false) as lives_with_father,
        step_parent.child_key is not null as lives_with_stepparent
    from child_day
    left outer join at_home
        on
            child_day.child_key = at_home.child_key
            and child_day.year = at_home.year
    left outer join step_parent
        on
            child_day.child_key = step_parent.child_key
            and child_day.year = step_parent.year
)

select * from final
