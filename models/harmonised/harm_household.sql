{{ recoded_answers(
    ['survey', 'survey_year', 'value as household_number'], "asked_of = 'household'"
) }}

select * from recoded
where household_number is not null
