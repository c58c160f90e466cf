{#- The harm: the yearly inflow holds permits of people who did not immigrate in
    the year, or a status that its list does not know. -#}
select
    permit.case_id,
    permit.permit_status_code
from {{ ref('imp_permit_inflow') }} as permit
left outer join {{ ref('permit_status') }} as permit_status
    on permit.permit_status_code = permit_status.status_code
where
    permit.permit_status_code not in (0, 1)
    or permit_status.status_code is null
union all
select
    stock.case_id,
    stock.permit_status_code
from {{ ref('imp_permit_stock') }} as stock
left outer join {{ ref('permit_status') }} as permit_status
    on
        stock.permit_status_code = permit_status.status_code
        and permit_status.in_stock
where permit_status.status_code is null
