{#- The harm: marriages with a partner abroad, which are mostly migrants' marriages,
    lose the little that is known of the partner, or get register values that cannot
    exist. -#}
select
    mart.person_id,
    mart.union_number,
    mart.year
from {{ ref('mart_partner_year') }} as mart
inner join {{ ref('panel_union') }} as union_side
    on
        mart.person_id = union_side.person_id
        and mart.union_number = union_side.union_number
where
    not mart.partner_in_register
    and (
        mart.residence_status is not null
        or coalesce(mart.birth_year, 0) <> coalesce(union_side.partner_birth_year, 0)
        or coalesce(mart.birth_country_code, '-')
        <> coalesce(union_side.partner_birth_country_code, '-')
    )
