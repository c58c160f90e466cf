-- An unmapped answer would drop out of every table in silence.
select
    survey,
    survey_year,
    variable,
    source_variable,
    source_code as code,
    source_label as label,
    sum(delivered_count) as delivered_count,
    case
        when matched_by = 'pass' and value is not null
            then 'has a label, so it may not be a number: add a row to crosswalk_value'
        when matched_by = 'pass'
            then 'is no number or date of this layout: add a row to crosswalk_value'
        else 'add a row to crosswalk_value with a target_code or a missing_kind'
    end as what_to_do
from {{ ref('harm_code') }}
where
    not is_next
    and (
        (value is null and missing_kind is null)
        or (matched_by = 'pass' and (source_label is not null or is_declared_missing))
    )
-- A code that every member of the household may have needs one row.
group by all
order by
    delivered_count desc,
    survey asc,
    survey_year asc,
    variable asc,
    source_code asc
