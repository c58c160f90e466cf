{#- What is known of members, and the variable in which respondents tell the same. -#}
{%- set variables = {
    'member_relation': 'household_role', 'member_sex': 'sex', 'member_age': 'age',
    'member_birth_country': 'birth_country',
    'member_education_level': 'education_level',
    'member_labour_status': 'labour_status',
} -%}

with

reported as (
    select
        respondent_id,
        survey,
        survey_year,
        {% for name in variables %}
        max(case variable when '{{ name }}' then value end) as {{ name }},
        {% endfor %}
        member_number
    from {{ ref('harm_member_value') }}
    group by respondent_id, survey, survey_year, member_number
),

interview as (
    select
        household.household_number,
        respondent.*
    from {{ ref('harm_household') }} as household
    inner join {{ ref('harm_cross_section') }} as respondent using (respondent_id)
    -- Head and partner, whose codes are those of member_relation, are interviewed.
    where respondent.household_role in ('1', '2')
),

-- Every respondent beside all who were interviewed in the household.
interviewed as (
    select
        mine.respondent_id,
        mine.survey,
        mine.survey_year,
        {% for name in variables %}
        cast(other.{{ variables[name] }} as string) as {{ name }},
        {% endfor %}
        other.respondent_id as member_respondent_id
    from interview as mine
    inner join interview as other using (survey, survey_year, household_number)
),

-- Sex is compared too, because head and partner may have changed places.
linked as (
    select
        reported.respondent_id,
        reported.member_number,
        interviewed.member_respondent_id
    from reported
    inner join interviewed using (respondent_id, member_relation, member_sex)
    qualify count(*) over (
        partition by respondent_id, member_relation, member_sex
    ) = 1
),

last_number as (
    select
        respondent_id,
        max(member_number) as member_number
    from reported
    group by respondent_id
),

unreported as (
    select
        interviewed.*,
        coalesce(last_number.member_number, 0)
        + row_number() over (
            partition by interviewed.respondent_id
            order by interviewed.member_respondent_id
        ) as member_number
    from interviewed
    left outer join last_number using (respondent_id)
    anti join reported using (respondent_id, member_relation)
),

known as (
    select
        reported.*,
        linked.member_respondent_id,
        true as is_reported
    from reported
    left outer join linked using (respondent_id, member_number)
    union all by name
    select
        *,
        false as is_reported
    from unreported
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        cast(member_number as int) as member_number,
        member_relation,
        member_sex,
        cast(member_age as int) as member_age,
        member_birth_country,
        member_education_level,
        member_labour_status,
        member_respondent_id,
        coalesce(member_respondent_id = respondent_id, false) as is_respondent,
        is_reported
    from known
)

select * from final
