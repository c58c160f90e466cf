-- A code that changed its meaning keeps its number: only the label tells.
select
    row.survey,
    row.survey_year,
    row.variable,
    row.source_variable,
    row.source_code as code,
    row.source_label as label_in_crosswalk,
    delivered.source_label as label_as_delivered,
    delivered.delivered_count,
    'judge the code again, then write the delivered label into source_label'
        as what_to_do
from {{ ref('harm_crosswalk_value') }} as row
inner join {{ ref('harm_crosswalk_source') }} as source
    using (survey, survey_year, variable, source_variable)
inner join {{ ref('harm_delivered_code') }} as delivered
    on
        row.survey = delivered.survey
        and row.survey_year = delivered.survey_year
        and source.source_key = delivered.source_key
        and row.source_code = delivered.source_code
where
    row.source_code_to is null
    and row.source_label is distinct from delivered.source_label
