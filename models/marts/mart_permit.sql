with permit as (
    select * from {{ ref('imp_permit_history') }}
),

final as (
    select
        pseudonym.person_id,
        permit.immigration_date,
        permit.year as immigration_year,
        permit.valid_to,
        permit.start_reason,
        permit.permit_category_reported,
        permit.permit_category,
        permit.permit_ground_reported,
        permit.permit_ground,
        permit.permit_explanation_reported,
        permit.permit_explanation,
        permit.permit_status_code,
        permit.permit_reason_code,
        permit.donor_id,
        permit.donor_distance,
        permit.match_level
    from permit
    inner join {{ ref('id_person_key') }} as pseudonym
        on permit.person_key = pseudonym.person_key
    where pseudonym.is_in_register
)

select * from final
