with respondent as (
    select person_key
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
    from {{ ref('id_reported_child') }} as reported_child
    anti join recorded_child
        on
            reported_child.person_key = recorded_child.parent_key
            and coalesce(reported_child.sex_code = recorded_child.sex_code, true)
            and abs(reported_child.birth_year - year(recorded_child.birth_date)) <= 2
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
    semi join {{ ref('household_place') }} as place
        on
            spell.household_place_code = place.household_place_code
            and place.is_parent
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
