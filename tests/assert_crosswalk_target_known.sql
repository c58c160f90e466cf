-- A target outside the code list would be a category that nobody can read.
with

crosswalk_value as (
    select * from {{ ref('harm_crosswalk_value') }}
),

judged as (
    select
        crosswalk_value.*,
        crosswalk_variable.combine_by,
        harmonised_variable.value_type,
        harmonised_code.code as known_code,
        missing_kind.missing_kind as known_kind,
        -- Parts of a computation are numbers; only its result has the code list.
        coalesce(crosswalk_variable.combine_by, 'first') != 'first'
        and crosswalk_value.source_variable != '(combined)' as is_part
    from crosswalk_value
    left outer join {{ ref('harm_crosswalk_variable') }} as crosswalk_variable
        using (survey, survey_year, variable)
    left outer join {{ ref('harmonised_variable') }} as harmonised_variable
        using (variable)
    left outer join {{ ref('harmonised_code') }} as harmonised_code
        on
            crosswalk_value.variable = harmonised_code.variable
            and crosswalk_value.target_code = harmonised_code.code
    left outer join {{ ref('missing_kind') }} as missing_kind
        on crosswalk_value.missing_kind = missing_kind.missing_kind
),

problem as (
    select
        *,
        case
            when
                coalesce(target_code, missing_kind) is null
                or (target_code is not null and missing_kind is not null)
                then 'fill either target_code or missing_kind'
            when missing_kind is not null and known_kind is null
                then 'missing_kind is not in the seed missing_kind'
            when target_code = '(next)' and coalesce(combine_by, '') != 'first'
                then '(next) needs the rule combine by first'
            when
                (is_part or value_type = 'number')
                and target_code != '(next)'
                and try_cast(target_code as double) is null
                then 'target_code must be a number'
            when
                not is_part and value_type = 'category'
                and target_code != '(next)' and known_code is null
                then 'target_code is not in harmonised_code for this variable'
        end as what_to_do
    from judged
)

select
    survey,
    survey_year,
    variable,
    source_variable,
    source_code as code,
    source_label as label,
    target_code,
    missing_kind,
    what_to_do
from problem
where what_to_do is not null
