with respondent as (
    select
        respondent_id,
        survey,
        survey_year,
        person_key
    from {{ ref('id_link') }}
    where link_status = 'linked'
),

birth as (
    select
        person_key,
        sex_code,
        birth_date,
        coalesce(birth_date_is_imputed, false) as birth_date_is_imputed
    from {{ ref('pop_person') }}
),

-- Children with a record, whether or not they may be followed: a child who refused is
-- not unknown.
recorded_child as (
    select
        link.parent_key,
        birth.sex_code,
        birth.birth_date,
        birth.birth_date_is_imputed
    from {{ ref('pop_parent_child') }} as link
    inner join birth on link.child_key = birth.person_key
),

-- What a head or the head's partner reported of the children of the household.
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

reported_child as (
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
),

-- An age in completed years leaves two years of birth open; some err by one more.
from_survey as (
    select
        reported_child.person_key,
        'survey' as known_from,
        reported_child.respondent_id || ' ' || reported_child.member_number
            as source_key,
        reported_child.respondent_id,
        reported_child.sex_code,
        reported_child.birth_year,
        cast(null as int) as birth_month,
        reported_child.birth_country,
        reported_child.survey_year as first_seen_year
    from reported_child
    anti join recorded_child
        on
            reported_child.person_key = recorded_child.parent_key
            and coalesce(reported_child.sex_code = recorded_child.sex_code, true)
            and abs(reported_child.birth_year - year(recorded_child.birth_date)) <= 2
),

parent_place as (
    select household_place_code
    from {{ ref('household_place') }}
    where is_parent
),

household_spell as (
    select
        person_key,
        household_key,
        household_place_code,
        start_date,
        youngest_child_birth_month
    from {{ ref('pop_household_spell') }}
),

-- Each child of a household is its youngest at some time, so the spells of a parent
-- tell the months of birth of all of them.
household_child as (
    select
        spell.person_key,
        spell.household_key,
        spell.youngest_child_birth_month as birth_month_start,
        min(spell.start_date) as start_date
    from household_spell as spell
    semi join respondent on spell.person_key = respondent.person_key
    semi join parent_place
        on spell.household_place_code = parent_place.household_place_code
    where spell.youngest_child_birth_month is not null
    group by
        spell.person_key, spell.household_key, spell.youngest_child_birth_month
),

household_member as (
    select
        spell.household_key,
        birth.birth_date,
        birth.birth_date_is_imputed
    from household_spell as spell
    inner join birth on spell.person_key = birth.person_key
    semi join household_child on spell.household_key = household_child.household_key
),

-- Somebody with a record is in the same household or is the respondent's own child.
from_register as (
    select
        household_child.person_key,
        'household_register' as known_from,
        cast(min(household_child.birth_month_start) as string) as source_key,
        cast(null as string) as respondent_id,
        cast(null as string) as sex_code,
        cast(year(household_child.birth_month_start) as int) as birth_year,
        cast(month(household_child.birth_month_start) as int) as birth_month,
        cast(null as string) as birth_country,
        cast(year(min(household_child.start_date)) as int) as first_seen_year
    from household_child
    anti join household_member
        on
            household_child.household_key = household_member.household_key
            and {{ born_in_month('household_member', 'household_child') }}
    anti join recorded_child
        on
            household_child.person_key = recorded_child.parent_key
            and {{ born_in_month('recorded_child', 'household_child') }}
    group by household_child.person_key, household_child.birth_month_start
),

final as (
    select * from from_survey
    union all
    select * from from_register
)

select * from final
