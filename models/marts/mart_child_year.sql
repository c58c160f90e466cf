{%- set of_link = ['person_id', 'child_id', 'relation_reason', 'birth_order'] -%}
{%- set of_home = [
    'lives_with_respondent', 'lives_with_mother', 'lives_with_father',
    'lives_with_stepparent', 'sibling_count', 'full_sibling_count'
] -%}
{%- set of_child = model.columns | reject('in', of_link + of_home) | list -%}

with link as (
    select * from {{ ref('panel_child') }}
),

home as (
    select * from {{ ref('panel_child_home') }}
),

sibling as (
    select * from {{ ref('panel_sibling') }}
),

child as (
    select * from {{ ref('mart_person_year') }}
),

final as (
    select
        {% for column in of_link %}
        link.{{ column }},
        {% endfor %}
        same_household.person_id is not null as lives_with_respondent,
        home.lives_with_mother,
        home.lives_with_father,
        home.lives_with_stepparent,
        sibling.sibling_count,
        sibling.full_sibling_count
        {%- for column in of_child %},
        child.{{ column }}
    {%- endfor %}
    from link
    inner join child
        on link.child_id = child.person_id
    left outer join {{ ref('panel_same_household') }} as same_household
        on
            link.child_id = same_household.person_id
            and link.person_id = same_household.respondent_person_id
            and child.year = same_household.year
    left outer join home
        on
            link.child_id = home.person_id
            and child.year = home.year
    left outer join sibling
        on
            link.child_id = sibling.person_id
            and child.year = sibling.year
)

select * from final
