-- A variable of members that the mart does not list would be lost to its users.
with

wide_text as (
    select
        respondent_id,
        member_number,
        cast(
            columns(
                * exclude (
                    respondent_id,
                    survey,
                    survey_year,
                    member_number,
                    member_respondent_id,
                    is_respondent,
                    is_reported
                )
            ) as string
        )
    from {{ ref('mart_household_member') }}
    where is_reported
),

wide as (
    select *
    from wide_text
    unpivot ( -- noqa: PRS
        value for variable in (* exclude (respondent_id, member_number))
    )
),

long as (
    select
        respondent_id,
        member_number,
        variable,
        value
    from {{ ref('harm_member_value') }}
    where value is not null
)

select
    variable,
    count(*) as value_count,
    min(respondent_id) as example,
    'make the columns of mart_household_member the variables of members' as what_to_do
from wide
full outer join long using (respondent_id, member_number, variable)
where wide.value is distinct from long.value
group by variable
