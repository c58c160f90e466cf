with permit_case as (
    select * from {{ ref('imp_permit_case') }}
),

reported as (
    select * from {{ ref('imp_permit_reported') }}
),

search as (
    select
        case_id,
        country_group,
        is_recipient
    from {{ ref('imp_permit_search') }}
),

drawn as (
    select
        cast(case_id as string) as case_id,
        cast(category as string) as category,
        cast(ground as string) as ground,
        cast(explanation as string) as explanation,
        cast(donor_id as string) as donor_id,
        cast(distance as double) as distance,
        cast(match_level as int) as match_level
    from {{ ref('imp_permit_drawn') }}
),

joined as (
    select
        permit_case.case_id,
        permit_case.person_key,
        permit_case.immigration_date,
        permit_case.start_reason,
        permit_case.year,
        permit_case.is_after_start,
        permit_case.is_exempt,
        permit_case.sex_code,
        permit_case.age,
        permit_case.country_code,
        search.country_group,
        reported.is_registered,
        reported.is_answered,
        reported.permit_category as permit_category_reported,
        reported.permit_ground as permit_ground_reported,
        reported.permit_explanation as permit_explanation_reported,
        drawn.category,
        drawn.ground,
        drawn.explanation,
        drawn.donor_id,
        drawn.distance as donor_distance,
        drawn.match_level,
        permit_case.start_reason = 'registration_start' as is_unrecorded
    from permit_case
    inner join reported
        on permit_case.case_id = reported.case_id
    inner join search
        on permit_case.case_id = search.case_id
    left outer join drawn
        on permit_case.case_id = drawn.case_id
),

final as (
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
        coalesce(permit_category_reported, category) as permit_category,
        coalesce(permit_ground_reported, ground) as permit_ground,
        coalesce(permit_explanation_reported, explanation) as permit_explanation,
        case
            when is_exempt and is_after_start then 9
            when is_exempt then 29
            when is_answered then 12
            when permit_category_reported is not null and is_after_start then 0
            when permit_category_reported is not null then 11
            when is_unrecorded then 99
            when is_after_start then 1
            else 20
        end as permit_status_code,
        case
            when is_exempt then null
            when is_answered then 'survey_answer'
            when permit_category_reported is not null or category is null then null
            when is_unrecorded then 'permit_stock'
            when not is_after_start then 'permit_before_register'
            when is_registered then 'permit_unknown_motive'
            else 'permit_donor'
        end as permit_reason_code,
        donor_id,
        donor_distance,
        match_level
    from joined
)

select * from final
