-- A rule without its parameters would give empty or wrong values.
with

crosswalk_variable as (
    select
        *,
        len(string_split_regex(trim(source_variables), '\s+')) as source_count
    from {{ ref('harm_crosswalk_variable') }}
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
