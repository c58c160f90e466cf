{{ config(tags=['shared']) }}

{{ theme_labour(ref('id_person_year')) }}
order by year
