with final as (
    select
        cast(step as string) as step,
        cast(status as string) as status,
        cast(respondent_count as bigint) as respondent_count,
        cast(share_percent as double) as share_percent,
        cast(low_percent as double) as low_percent,
        cast(high_percent as double) as high_percent,
        cast(reported_percent as double) as reported_percent,
        cast(fmi as double) as fmi
    from {{ ref('imp_status_share') }}
    where respondent_count >= {{ var('minimum_cell') }}
)

select * from final
