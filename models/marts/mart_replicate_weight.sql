with

final as (
    select
        cast(respondent_id as string) as respondent_id,
        replicate,
        cast(method as string) as method,
        weight,
        variance_factor,
        cast(calibration as string) as calibration
    from {{ ref('wgt_replicate') }}
)

select * from final
