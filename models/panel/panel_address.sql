{{ config(tags=['shared']) }}

{{ theme_address(ref('id_person_year')) }}
