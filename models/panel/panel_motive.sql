{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

arrival as (
    select
        person_id,
        year,
        last_arrival_date
    from {{ ref('panel_migration') }}
),

delivered as (
    select * from {{ resolved(ref('stg_migration_motive')) }}
    where is_linkable
),

coverage as (
    select min(start_date) as first_date from delivered
),

-- The immigration service gives one motive; goals that are derived can be several.
described as (
    select
        delivered.person_key,
        delivered.start_date,
        case
            when delivered.motive_code is not null then 'immigration_service'
            else 'derived'
        end as migration_motive_series,
        coalesce(
            motive.migration_motive = 'family', delivered.has_family_goal
        ) as has_family_motive,
        coalesce(
            motive.migration_motive = 'labour', delivered.has_labour_goal
        ) as has_labour_motive,
        coalesce(
            motive.migration_motive = 'asylum', delivered.has_asylum_goal
        ) as has_asylum_motive,
        coalesce(
            motive.migration_motive = 'study', delivered.has_study_goal
        ) as has_study_motive,
        motive.migration_motive
    from delivered
    left outer join {{ ref('migration_motive') }} as motive
        on delivered.motive_code = motive.motive_code
),

counted as (
    select
        *,
        cast(has_family_motive as int) + cast(has_labour_motive as int)
        + cast(has_asylum_motive as int) + cast(has_study_motive as int) as goal_count
    from described
    qualify row_number() over (
        partition by person_key, start_date
        order by migration_motive_series desc, coalesce(migration_motive, '') asc
    ) = 1
),

single as (
    select
        *,
        case
            when migration_motive is not null then nullif(migration_motive, 'unknown')
            when goal_count > 1 then 'several'
            when has_family_motive then 'family'
            when has_labour_motive then 'labour'
            when has_asylum_motive then 'asylum'
            when has_study_motive then 'study'
        end as one_motive
    from counted
),

final as (
    select
        calendar.person_id,
        calendar.year,
        single.one_motive as migration_motive,
        single.migration_motive_series,
        case
            when single.one_motive is not null then null
            when single.person_key is not null then 'unknown'
            when coverage.first_date is null then 'not_delivered'
            else 'not_in_population'
        end as migration_motive_missing_reason,
        single.has_family_motive,
        single.has_labour_motive,
        single.has_asylum_motive,
        single.has_study_motive
    from calendar
    cross join coverage
    inner join arrival
        on
            calendar.person_id = arrival.person_id
            and calendar.year = arrival.year
    left outer join single
        on
            calendar.person_key = single.person_key
            and arrival.last_arrival_date = single.start_date
)

select * from final
