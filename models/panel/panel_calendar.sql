{{ config(tags=['shared']) }}

with final as (
    select
        person_year.person_id,
        person_year.year,
        spine.is_respondent,
        spine.is_partner,
        spine.is_child
    from {{ ref('id_person_year') }} as person_year
    inner join {{ ref('id_spine') }} as spine
        on person_year.person_key = spine.person_key
)

select * from final
