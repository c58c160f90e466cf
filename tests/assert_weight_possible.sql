-- A weight below one stands for less than the respondent; a gap drops people.
select
    respondent_id,
    survey,
    survey_year,
    weight_design,
    weight_nonresponse,
    weight,
    weight_pooled,
    weight_pooled_equal,
    weight_trimmed,
    weight_panel,
    no_weight_reason,
    no_panel_weight_reason
from {{ ref('mart_survey_weight') }}
where
    not coalesce(isfinite(weight_design) and weight_design >= 1 - 1e-9, true)
    or not coalesce(weight_nonresponse >= weight_design * (1 - 1e-9), true)
    or not coalesce(isfinite(weight) and weight > 0, true)
    or not coalesce(weight_pooled > 0 and weight_pooled_equal > 0, true)
    or not coalesce(isfinite(weight_trimmed) and weight_trimmed > 0, true)
    or not coalesce(isfinite(weight_panel) and weight_panel > 0, true)
    or (weight_design is null) != (no_weight_reason is not null)
    or (weight_design is null) != (weight_nonresponse is null)
    or (weight_design is null) != (weight is null)
    or (weight_design is null) != (weight_pooled is null)
    or (weight_panel is null) != (no_panel_weight_reason is not null)
