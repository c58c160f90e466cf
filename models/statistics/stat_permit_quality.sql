-- How near imputed permits come to those hidden on purpose: the share of right cells,
-- and the share of permits that would have to change for the distributions to agree.
with hidden as (
    select * from {{ ref('imp_permit_hidden') }}
    where permit_category_imputed is not null
),

levelled as (
    select
        *,
        'all' as dimension,
        'all' as group_name
    from hidden
    union all
    select
        *,
        'year' as dimension,
        cast(year as string) as group_name
    from hidden
    union all
    select
        *,
        'country_group' as dimension,
        country_group as group_name
    from hidden
),

cell as (
    select
        pattern,
        dimension,
        group_name,
        cast(count(*) as bigint) as hidden_count,
        cast(sum(
            case when permit_category_hidden = permit_category_imputed then 1 else 0 end
        ) as bigint) as category_right_count,
        cast(sum(
            case
                when
                    permit_category_hidden = permit_category_imputed
                    and permit_ground_hidden = permit_ground_imputed
                    then 1
                else 0
            end
        ) as bigint) as ground_right_count
    from levelled
    group by pattern, dimension, group_name
),

side as (
    select
        pattern,
        dimension,
        group_name,
        permit_category_hidden || ' ' || permit_ground_hidden as ground,
        1 as side
    from levelled
    union all
    select
        pattern,
        dimension,
        group_name,
        permit_category_imputed || ' ' || permit_ground_imputed as ground,
        -1 as side
    from levelled
),

difference as (
    select
        pattern,
        dimension,
        group_name,
        ground,
        abs(sum(side)) as apart
    from side
    group by pattern, dimension, group_name, ground
),

distance as (
    select
        pattern,
        dimension,
        group_name,
        sum(apart) as apart,
        max(apart) as most_apart
    from difference
    group by pattern, dimension, group_name
),

final as (
    select
        cell.pattern,
        cell.dimension,
        cell.group_name,
        cell.hidden_count,
        cast(100.0 * cell.category_right_count / cell.hidden_count as double)
            as category_right_percent,
        cast(100.0 * cell.ground_right_count / cell.hidden_count as double)
            as ground_right_percent,
        cast(50.0 * distance.apart / cell.hidden_count as double)
            as ground_distance_percent,
        cast(100.0 * distance.most_apart / cell.hidden_count as double)
            as ground_largest_points
    from cell
    inner join distance
        on
            cell.pattern = distance.pattern
            and cell.dimension = distance.dimension
            and cell.group_name = distance.group_name
    where
        cell.hidden_count
        >= {{ var('minimum_cell') }} * {{ var('hidden_repetitions') }}
)

select * from final
