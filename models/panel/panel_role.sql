with pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

final as (
    select
        member.person_id,
        respondent.person_id as respondent_person_id,
        role.relation,
        role.reason
    from {{ ref('id_person_role') }} as role
    inner join pseudonym as member
        on role.person_key = member.person_key
    inner join pseudonym as respondent
        on role.respondent_key = respondent.person_key
)

select * from final
