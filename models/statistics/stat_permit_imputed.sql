-- The share of imputed permits among the immigrants of a year, in all and by age,
-- category and country group, beside what Statistics Denmark publishes for its own.
with inflow as (
    select
        year,
        case when permit_status_code = 1 then 1 else 0 end as is_imputed,
        cast(age as int) as age,
        permit_category,
        country_group
    from {{ ref('imp_permit_inflow') }}
),

levelled as (
    select
        year,
        is_imputed,
        'all' as dimension,
        'all' as group_name
    from inflow
    union all
    select
        inflow.year,
        inflow.is_imputed,
        'age_group' as dimension,
        permit_age_group.age_group as group_name
    from inflow
    inner join {{ ref('permit_age_group') }} as permit_age_group
        on inflow.age between permit_age_group.first_age and permit_age_group.last_age
    union all
    select
        year,
        is_imputed,
        'category' as dimension,
        coalesce(permit_category, 'unknown') as group_name
    from inflow
    union all
    select
        year,
        is_imputed,
        'country_group' as dimension,
        country_group as group_name
    from inflow
),

counted as (
    select
        dimension,
        group_name,
        year,
        cast(count(*) as bigint) as immigration_count,
        cast(sum(is_imputed) as bigint) as imputed_count
    from levelled
    group by dimension, group_name, year
    having count(*) >= {{ var('minimum_cell') }}
),

shared as (
    select
        *,
        cast(100.0 * imputed_count / immigration_count as double) as imputed_percent,
        cast(
            100.0 * lag(imputed_count) over (
                partition by dimension, group_name order by year
            ) / lag(immigration_count) over (
                partition by dimension, group_name order by year
            ) as double
        ) as previous_percent
    from counted
),

final as (
    select
        shared.dimension,
        shared.group_name,
        shared.year,
        shared.immigration_count,
        case
            when shared.imputed_count >= {{ var('minimum_cell') }}
                then shared.imputed_count
        end as imputed_count,
        case
            when shared.imputed_count >= {{ var('minimum_cell') }}
                then shared.imputed_percent
        end as imputed_percent,
        coalesce(
            shared.dimension = 'all'
            and abs(shared.imputed_percent - shared.previous_percent)
            >= {{ var('permit_break_points') }},
            false
        ) as is_break,
        reference.low_percent as reference_low_percent,
        reference.high_percent as reference_high_percent
    from shared
    left outer join {{ ref('permit_reference_share') }} as reference
        on
            shared.dimension = 'all'
            and shared.year between reference.first_year and reference.last_year
)

select * from final
