-- A rule without its parameters would give empty or wrong values.
with

crosswalk_variable as (
    select
        crosswalk.*,
        harmonised_variable.asked_of,
        len(string_split_regex(trim(crosswalk.source_variables), '\s+'))
            as source_count,
        {{ member_range('crosswalk.source_variables') }} as member_range,
        list_distinct(regexp_extract_all(crosswalk.source_variables, '\{.*?\}'))
            as braces
    from {{ ref('harm_crosswalk_variable') }} as crosswalk
    left outer join {{ ref('harmonised_variable') }} as harmonised_variable
        using (variable)
),

problem as (
    select
        *,
        case
            when rule = 'absent' and source_variables is not null
                then 'the rule absent takes no source_variables'
            when (rule = 'absent') != (grade = 'absent')
                then 'rule and grade must both be absent, or neither'
            when rule != 'absent' and source_variables is null
                then 'name the source_variables, or use the rule absent'
            when rule = 'combine' and combine_by is null
                then 'the rule combine needs combine_by'
            when rule != 'combine' and combine_by is not null
                then 'combine_by goes with the rule combine only'
            when rule not in ('absent', 'combine') and source_count > 1
                then 'several source_variables need the rule combine'
            when
                rule = 'scale' and scale_factor is null and scale_offset is null
                then 'the rule scale needs scale_factor or scale_offset'
            when asked_of = 'member' and len(braces) = 0
                then 'number the members, as P{1-8}AGE for P1AGE to P8AGE'
            when asked_of != 'member' and len(braces) > 0
                then 'only variables of household members take numbers in braces'
            when
                len(braces) > 1
                or (
                    len(braces) = 1
                    and try_cast(member_range[1] as int)
                    between 1 and try_cast(member_range[2] as int) is not true
                )
                then 'write the same two numbers in all braces, from 1 upwards: {1-8}'
        end as what_to_do
    from crosswalk_variable
)

select
    survey,
    survey_year,
    variable,
    rule,
    source_variables,
    what_to_do
from problem
where what_to_do is not null
