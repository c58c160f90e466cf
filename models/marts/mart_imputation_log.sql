with permit as (
    select
        person_id || ' ' || cast(immigration_date as string) as row_key,
        permit_category_reported,
        permit_category,
        permit_ground_reported,
        permit_ground,
        permit_explanation_reported,
        permit_explanation,
        permit_reason_code,
        donor_id,
        donor_distance,
        match_level
    from {{ ref('mart_permit') }}
    where permit_reason_code is not null
),

permit_cell as (
    select
        *,
        'permit_category' as variable,
        permit_category_reported as reported_value,
        permit_category as final_value
    from permit
    union all
    select
        *,
        'permit_ground' as variable,
        permit_ground_reported as reported_value,
        permit_ground as final_value
    from permit
    union all
    select
        *,
        'permit_explanation' as variable,
        permit_explanation_reported as reported_value,
        permit_explanation as final_value
    from permit
    where permit_explanation is not null
),

answer as (
    select * from {{ ref('imp_answer_value') }}
    union all by name
    select
        *,
        0 as implicate
    from {{ ref('imp_lost_answer') }}
    where reason_code is not null
),

final as (
    select
        'mart_permit' as table_name,
        row_key,
        variable,
        0 as implicate,
        reported_value,
        final_value,
        permit_reason_code as reason_code,
        donor_id as donor,
        donor_distance as distance,
        match_level
    from permit_cell
    union all by name
    select
        'mart_cross_section' as table_name,
        respondent_id as row_key,
        variable,
        implicate,
        value_reported as reported_value,
        value as final_value,
        reason_code
    from answer
)

select * from final
