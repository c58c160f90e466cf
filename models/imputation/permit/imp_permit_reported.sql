-- What is known of the permit of each case, and from where: the register of motives, or
-- the respondent's own answer for those who came before it.
with permit_case as (
    select * from {{ ref('imp_permit_case') }}
),

registered as (
    select
        permit_case.case_id,
        motive.permit_category,
        motive.permit_ground,
        sponsor.permit_explanation
    from permit_case
    inner join {{ ref('imp_permit_motive') }} as motive
        on
            permit_case.person_key = motive.person_key
            and motive.start_date
            between permit_case.immigration_date - {{ var('slack_days') }}
            and permit_case.immigration_date + {{ var('slack_days') }}
    left outer join {{ ref('imp_permit_sponsor') }} as sponsor
        on permit_case.case_id = sponsor.case_id
    qualify row_number() over (
        partition by permit_case.case_id
        order by
            abs({{ days_between(
                'permit_case.immigration_date', 'motive.start_date'
            ) }}),
            motive.start_date
    ) = 1
),

answer as (
    select
        link.person_key,
        answer.value as migration_motive
    from {{ ref('id_link') }} as link
    inner join {{ ref('harm_value') }} as answer
        on link.respondent_id = answer.respondent_id
    where
        link.link_status = 'linked'
        and answer.variable = 'migration_motive'
        and answer.value is not null
    qualify row_number() over (
        partition by link.person_key
        order by link.survey_year desc, link.respondent_id asc
    ) = 1
),

-- The answer is about the first arrival.
answered as (
    select
        permit_case.case_id,
        survey_motive.permit_category,
        survey_motive.permit_ground,
        survey_motive.permit_explanation
    from permit_case
    inner join answer
        on permit_case.person_key = answer.person_key
    inner join {{ ref('survey_motive_permit') }} as survey_motive
        on answer.migration_motive = survey_motive.migration_motive
    where not permit_case.is_after_start and not permit_case.is_exempt
    qualify row_number() over (
        partition by permit_case.person_key order by permit_case.immigration_date
    ) = 1
),

final as (
    select
        permit_case.case_id,
        registered.case_id is not null as is_registered,
        registered.case_id is null and answered.case_id is not null as is_answered,
        coalesce(registered.permit_category, answered.permit_category)
            as permit_category,
        coalesce(registered.permit_ground, answered.permit_ground) as permit_ground,
        case
            when
                coalesce(registered.permit_category, answered.permit_category)
                = 'family'
                then coalesce(
                    registered.permit_explanation, answered.permit_explanation,
                    'no_resident_kin'
                )
        end as permit_explanation
    from permit_case
    left outer join registered
        on permit_case.case_id = registered.case_id
    left outer join answered
        on permit_case.case_id = answered.case_id
)

select * from final
