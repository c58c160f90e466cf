with final as (
    select
        cast(variable as string) as variable,
        cast(dimension as string) as dimension,
        cast(group_name as string) as group_name,
        cast(hidden_count as bigint) as hidden_count,
        cast(right_percent as double) as right_percent,
        cast(distance_percent as double) as distance_percent,
        cast(hidden_mean as double) as hidden_mean,
        cast(imputed_mean as double) as imputed_mean,
        cast(interval_low as double) as interval_low,
        cast(interval_high as double) as interval_high,
        cast(is_covered as boolean) as is_covered
    from {{ ref('imp_answer_score') }}
)

select * from final
