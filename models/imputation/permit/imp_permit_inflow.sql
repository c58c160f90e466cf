with permit as (
    select
        case_id,
        person_key,
        immigration_date,
        start_reason,
        year,
        is_after_start,
        sex_code,
        age,
        country_code,
        country_group,
        permit_category_reported,
        permit_ground_reported,
        permit_explanation_reported,
        permit_category,
        permit_ground,
        permit_explanation,
        permit_status_code,
        permit_reason_code,
        donor_id,
        donor_distance,
        match_level
    from {{ ref('imp_permit') }}
),

final as (
    select permit.*
    from permit
    semi join {{ ref('permit_status') }} as permit_status
        on
            permit.permit_status_code = permit_status.status_code
            and permit_status.in_inflow
)

select * from final
