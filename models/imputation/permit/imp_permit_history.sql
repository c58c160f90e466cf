with spell as (
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_residence_spell') }}
    where status = 'resident'
),

permit as (
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
    select
        permit.*,
        permit.immigration_date as valid_from,
        spell.end_date as valid_to
    from permit
    inner join spell
        on
            permit.person_key = spell.person_key
            and permit.immigration_date = spell.start_date
)

select * from final
