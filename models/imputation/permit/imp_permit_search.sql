-- Cases as the donor search wants them: who needs a permit, and in which group of
-- countries. Years without groups take those of the first year that has them.
with permit_case as (
    select * from {{ ref('imp_permit_case') }}
),

country_group as (
    select
        year,
        country_code,
        group_code
    from {{ ref('imp_country_group') }}
),

first_group as (
    select
        country_code,
        group_code
    from country_group
    qualify row_number() over (partition by country_code order by year) = 1
),

final as (
    select
        permit_case.case_id,
        permit_case.year,
        permit_case.sex_code,
        permit_case.age,
        permit_case.civil_status_code,
        coalesce(country_group.group_code, first_group.group_code) as country_group,
        permit_case.continent,
        permit_case.is_after_start,
        permit_case.is_exempt,
        not permit_case.is_exempt and reported.permit_category is null as is_recipient,
        -- Donors are register entries from the register's own years only.
        case
            when permit_case.is_after_start and not permit_case.is_exempt
                then reported.permit_category
        end as permit_category,
        case
            when permit_case.is_after_start and not permit_case.is_exempt
                then reported.permit_ground
        end as permit_ground,
        case
            when permit_case.is_after_start and not permit_case.is_exempt
                then reported.permit_explanation
        end as permit_explanation
    from permit_case
    inner join {{ ref('imp_permit_reported') }} as reported
        on permit_case.case_id = reported.case_id
    left outer join country_group
        on
            permit_case.year = country_group.year
            and permit_case.country_code = country_group.country_code
    left outer join first_group
        on permit_case.country_code = first_group.country_code
)

select * from final
