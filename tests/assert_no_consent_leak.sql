{#- The harm: somebody who refused linkage is found in the panel all the same, as a
    respondent, or as the partner or child of somebody who consented. -#}
{% set public_tables = [
    ('mart_person_year', 'person_id'),
    ('mart_person_role', 'person_id'),
    ('mart_person_role', 'respondent_person_id'),
    ('mart_partner_year', 'person_id'),
    ('mart_partner_year', 'partner_id'),
    ('mart_child_year', 'person_id'),
    ('mart_child_year', 'child_id'),
    ('mart_cross_section', 'person_id'),
] %}

with refuser as (
    select
        consent.person_key,
        pseudonym.person_id
    from {{ ref('id_consent') }} as consent
    inner join {{ ref('id_person_key') }} as pseudonym
        on consent.person_key = pseudonym.person_key
    where not consent.is_reachable_as_kin
)

{% for table, column in public_tables %}
select
    '{{ table }}.{{ column }}' as place,
    refuser.person_id
from refuser
semi join {{ ref(table) }} as public_table
    on refuser.person_id = public_table.{{ column }}
union all
{% endfor %}
select
    'id_person_key.person_key' as place,
    refuser.person_id
from refuser
union all
select
    'mart_cross_section.respondent_id ' || cross_section.respondent_id as place,
    cross_section.person_id
from {{ ref('mart_cross_section') }} as cross_section
inner join {{ ref('id_candidate') }} as candidate
    on cross_section.respondent_id = candidate.respondent_id
where cross_section.person_id is not null and not candidate.has_consented
