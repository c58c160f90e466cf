{{ config(tags=['shared']) }}

{{ theme_couple(ref('id_person_year')) }}
