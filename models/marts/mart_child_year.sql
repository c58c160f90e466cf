{%- set of_link = [
    'person_id', 'child_id', 'year', 'relation_reason', 'lives_with_respondent'
] -%}

with link as (
    select
        respondent_person_id as person_id,
        person_id as child_id,
        reason as relation_reason
    from {{ ref('panel_role') }}
    where relation = 'child'
),

final as (
    select
        link.person_id,
        link.child_id,
        child.year,
        link.relation_reason,
        same_household.person_id is not null as lives_with_respondent
        {%- for column in model.columns if column not in of_link %},
        child.{{ column }}
    {%- endfor %}
    from link
    inner join {{ ref('panel_person_year') }} as child
        on link.child_id = child.person_id
    left outer join {{ ref('panel_same_household') }} as same_household
        on
            link.child_id = same_household.person_id
            and link.person_id = same_household.respondent_person_id
            and child.year = same_household.year
)

select * from final
