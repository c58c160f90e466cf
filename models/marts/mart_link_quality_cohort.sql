{{ link_quality(['survey', 'survey_year', 'arrival_period']) }}
