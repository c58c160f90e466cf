-- A weight below one stands for less than the respondent; a gap drops people.
select
    respondent_id,
    survey,
    survey_year,
    weight_design,
    weight_nonresponse,
    weight_pooled,
    no_weight_reason
from {{ ref('wgt_respondent') }}
where
    not coalesce(isfinite(weight_design) and weight_design >= 1 - 1e-9, true)
    or not coalesce(weight_nonresponse >= weight_design * (1 - 1e-9), true)
    or not coalesce(weight_pooled > 0, true)
    or (weight_design is null) != (no_weight_reason is not null)
    or (weight_design is null) != (weight_nonresponse is null)
    or (weight_design is null) != (weight_pooled is null)
