{{ config(tags=['shared']) }}

{{ theme_demography(ref('id_person_year')) }}
order by year
