with motive as (
    select
        person_key,
        start_date,
        motive_system_code,
        case
            when motive_system_code = 'I' then 'I-' || motive_code
            when has_family_goal then 'A-family'
            when has_labour_goal then 'A-labour'
            when has_study_goal then 'A-study'
            when has_asylum_goal then 'A-asylum'
            else 'A-none'
        end as permit_key
    from {{ resolved(ref('stg_migration_motive')) }}
    where is_linkable
),

final as (
    select
        motive.person_key,
        motive.start_date,
        permit_ground.permit_category,
        permit_ground.permit_ground
    from motive
    left outer join {{ ref('permit_ground') }} as permit_ground
        on motive.permit_key = permit_ground.permit_key
    qualify row_number() over (
        partition by motive.person_key, motive.start_date
        order by permit_ground.permit_key nulls last
    ) = 1
)

select * from final
