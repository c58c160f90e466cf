with

final as (
    select
        start.respondent_id,
        start.variant,
        start.survey,
        start.survey_year,
        start.domain,
        start.start_weight,
        calibration.weight,
        calibration.g
    from {{ ref('wgt_start') }} as start
    inner join {{ ref('wgt_calibration') }} as calibration using (respondent_id, variant)
)

select * from final
