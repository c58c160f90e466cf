-- A wrong link would give somebody the answers of a stranger.
with

member as (
    select
        *,
        count(*) over (
            partition by respondent_id, member_respondent_id
        ) as link_count
    from {{ ref('mart_household_member') }}
    where member_respondent_id is not null
),

household as (
    select * from {{ ref('harm_household') }}
)

select
    member.respondent_id,
    member.member_number,
    member.member_respondent_id,
    case
        when member.link_count > 1 then 'linked to two members'
        when own.household_number is null then 'in another household'
        else 'of another sex than reported'
    end as problem
from member
inner join household as mine using (respondent_id)
left outer join household as own
    on
        member.member_respondent_id = own.respondent_id
        and mine.survey = own.survey
        and mine.survey_year = own.survey_year
        and mine.household_number = own.household_number
left outer join {{ ref('harm_cross_section') }} as interview
    on member.member_respondent_id = interview.respondent_id
where
    member.link_count > 1
    or own.household_number is null
    or member.member_sex is distinct from interview.sex
