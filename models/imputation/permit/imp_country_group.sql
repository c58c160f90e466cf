with final as (
    select
        cast(year as int) as year,
        cast(country_code as string) as country_code,
        cast(continent as string) as continent,
        cast(group_code as string) as group_code,
        cast(group_label as string) as group_label,
        cast(step as string) as step,
        cast(country_permit_count as bigint) as country_permit_count,
        cast(group_permit_count as bigint) as group_permit_count,
        cast(group_country_count as int) as group_country_count,
        cast(distance_to_group as double) as distance_to_group,
        cast(distance_to_next_group as double) as distance_to_next_group
    from {{ ref('imp_country_group_made') }}
)

select * from final
