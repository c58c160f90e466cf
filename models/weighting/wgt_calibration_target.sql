with

final as (
    select
        survey,
        survey_year,
        domain,
        variant,
        margin,
        collapsed_category as category,
        cast(sum(cast(target_total as decimal(38, 12))) as double) as total
    from {{ ref('wgt_collapse') }}
    where collapsed_category is not null
    group by all
)

select * from final
