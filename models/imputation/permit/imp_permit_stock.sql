with calendar as (
    {{ panel_years() }}
),

final as (
    select
        calendar.year as stock_year,
        permit.case_id,
        permit.person_key,
        permit.valid_from,
        permit.valid_to,
        permit.country_code,
        permit.permit_category,
        permit.permit_ground,
        permit.permit_explanation,
        permit.permit_status_code,
        permit.permit_reason_code
    from {{ ref('imp_permit_history') }} as permit
    inner join calendar
        on {{ covers('permit.valid_from', 'permit.valid_to', 'calendar.last_day') }}
)

select * from final
