with final as (
    select
        year,
        country_code,
        continent,
        group_code,
        group_label,
        step,
        case
            when country_permit_count >= {{ var('minimum_cell') }}
                then country_permit_count
        end as country_permit_count,
        case
            when group_permit_count >= {{ var('minimum_cell') }}
                then group_permit_count
        end as group_permit_count,
        group_country_count,
        case
            when country_permit_count >= {{ var('minimum_cell') }}
                then distance_to_group
        end as distance_to_group,
        case
            when country_permit_count >= {{ var('minimum_cell') }}
                then distance_to_next_group
        end as distance_to_next_group
    from {{ ref('imp_country_group') }}
)

select * from final
