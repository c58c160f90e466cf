{{ config(tags=['shared']) }}

{{ theme_household(ref('id_person_year')) }}
order by year
