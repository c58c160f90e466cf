{{ link_quality(['survey', 'survey_year', 'origin_group']) }}
