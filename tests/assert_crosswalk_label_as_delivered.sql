-- A code that changed its meaning keeps its number: only the label tells. A crosswalk
-- row may hold several labels with ` | ` between them: any of them was judged right.
select
    mapped.survey,
    mapped.survey_year,
    mapped.variable,
    mapped.source_variable,
    mapped.source_code as code,
    mapped.source_label as label_in_crosswalk,
    delivered.source_label as label_as_delivered,
    delivered.delivered_count,
    'judge the code again, then write the delivered label into source_label'
        as what_to_do
from {{ ref('harm_crosswalk_value') }} as mapped
inner join {{ ref('harm_crosswalk_source') }} as crosswalk_source
    using (survey, survey_year, variable, source_variable)
inner join {{ ref('harm_delivered_code') }} as delivered
    on
        mapped.survey = delivered.survey
        and mapped.survey_year = delivered.survey_year
        and crosswalk_source.source_key = delivered.source_key
        and mapped.source_code = delivered.source_code
where
    mapped.source_code_to is null
    and mapped.source_label is distinct from delivered.source_label
    and not coalesce(
        list_contains(string_split(mapped.source_label, ' | '), delivered.source_label),
        false
    )
