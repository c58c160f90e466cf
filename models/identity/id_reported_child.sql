with respondent as (
    select
        respondent_id,
        survey_year,
        person_key
    from {{ ref('id_link') }}
    where link_status = 'linked'
),

-- What a head or the head's partner reported of the members of the household.
reported as (
    select
        respondent.person_key,
        respondent.respondent_id,
        member.member_number,
        respondent.survey_year,
        max(case member.variable when 'member_relation' then member.value end)
            as relation,
        max(case member.variable when 'member_sex' then member.value end) as sex_code,
        max(case member.variable when 'member_age' then member.value end) as age,
        max(case member.variable when 'member_birth_country' then member.value end)
            as birth_country
    from respondent
    inner join {{ ref('harm_cross_section') }} as answer
        on respondent.respondent_id = answer.respondent_id
    inner join {{ ref('harm_member_value') }} as member
        on respondent.respondent_id = member.respondent_id
    where answer.household_role in ('1', '2')
    group by
        respondent.person_key,
        respondent.respondent_id,
        member.member_number,
        respondent.survey_year
),

final as (
    select
        person_key,
        respondent_id,
        member_number,
        sex_code,
        survey_year - cast(age as int) as birth_year,
        birth_country,
        survey_year
    from reported
    where relation = '3' and age is not null
)

select * from final
