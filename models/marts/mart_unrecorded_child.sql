with final as (
    select
        person_id,
        child_number,
        known_from,
        respondent_id,
        sex_code,
        birth_year,
        birth_month,
        birth_country,
        first_seen_year
    from {{ ref('panel_unrecorded_child') }}
)

select * from final
