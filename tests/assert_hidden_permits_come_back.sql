{#- The harm: donors are no longer like those they serve. Of permits hidden at
    random given the match keys, the imputed distribution of grounds stays near
    the hidden one, in all and in country groups with many of them. -#}
select
    group_name,
    hidden_count,
    ground_largest_points
from {{ ref('stat_permit_quality') }}
where
    pattern = 'at_random'
    and (
        (dimension = 'all' and hidden_count >= 5000 and ground_largest_points > 2)
        or (
            dimension = 'country_group'
            and hidden_count >= 2500
            and ground_largest_points > 4
        )
    )
