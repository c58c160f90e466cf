with final as (
    select
        permit_case.year,
        permit_case.country_code,
        coalesce(reported.permit_category, 'unknown') as category,
        cast(count(*) as bigint) as permit_count
    from {{ ref('imp_permit_case') }} as permit_case
    inner join {{ ref('imp_permit_reported') }} as reported
        on permit_case.case_id = reported.case_id
    where permit_case.is_after_start and not permit_case.is_exempt
    group by
        permit_case.year,
        permit_case.country_code,
        coalesce(reported.permit_category, 'unknown')
)

select * from final
