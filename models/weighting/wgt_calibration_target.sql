with

final as (
    select
        survey,
        survey_year,
        domain,
        variant,
        margin,
        collapsed_category as category,
        {{ exact_sum('target_total', decimals=12) }} as total
    from {{ ref('wgt_collapse') }}
    where collapsed_category is not null
    group by all
)

select * from final
