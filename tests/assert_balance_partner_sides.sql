{#- The harm: a couple of two respondents is a couple for one of them only, or in other
    years. -#}
with side as (
    select
        person_id,
        partner_id,
        year,
        union_type,
        union_start
    from {{ ref('mart_partner_year') }}
    where partner_in_register
),

respondent as (
    select distinct person_id
    from {{ ref('mart_person_role') }}
    where relation = 'respondent'
)

select
    side.person_id,
    side.partner_id,
    side.year
from side
semi join respondent
    on side.partner_id = respondent.person_id
anti join side as mirror
    on
        side.partner_id = mirror.person_id
        and side.person_id = mirror.partner_id
        and side.year = mirror.year
        and side.union_type = mirror.union_type
        and side.union_start is not distinct from mirror.union_start
