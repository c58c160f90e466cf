-- A null without a reason hides whether it was not asked about the member or not known.
with

member_variable as (
    select variable
    from {{ ref('harmonised_variable') }}
    where asked_of = 'member'
),

member_value as (
    select * from {{ ref('harm_member_value') }}
),

member as (
    select distinct
        respondent_id,
        member_number
    from member_value
),

expected as (
    select
        member.respondent_id,
        member.member_number,
        member_variable.variable
    from member
    cross join member_variable
)

select
    respondent_id,
    member_number,
    variable,
    member_value.value,
    member_value.missing_kind,
    'each member has one value or one reason for each variable' as rule
from expected
full outer join member_value using (respondent_id, member_number, variable)
where
    (member_value.value is null) = (member_value.missing_kind is null)
    or (member_value.value is not null and member_value.rule = 'absent')
    or member_number < 1
