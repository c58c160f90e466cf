with

respondent_weight as (
    select * from {{ ref('wgt_respondent') }}
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        weight_design,
        weight_nonresponse,
        weight_nonresponse / weight_design as response_adjustment,
        weight_nonresponse as weight,
        case when weight_nonresponse is not null then 'nonresponse' end as weight_kind,
        weight_pooled,
        no_weight_reason
    from respondent_weight
)

select * from final
