{#- The harm: a value is changed and nobody is told. Without a reason code the
    final permit is the reported one, in every one of its three levels. -#}
select
    person_id,
    immigration_date
from {{ ref('mart_permit') }}
where
    permit_reason_code is null
    and (
        permit_category is distinct from permit_category_reported
        or permit_ground is distinct from permit_ground_reported
        or permit_explanation is distinct from permit_explanation_reported
    )
