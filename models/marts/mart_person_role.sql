with final as (
    select
        person_id,
        respondent_person_id,
        relation,
        reason
    from {{ ref('panel_role') }}
)

select * from final
