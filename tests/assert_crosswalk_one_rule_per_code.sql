-- Two rules for one code would double the respondent, or let chance decide.
with

crosswalk_value as (
    select
        *,
        row_number() over (
            order by survey, survey_year, variable, source_variable, source_code
        ) as row_number,
        try_cast(source_code as double) as lowest,
        try_cast(source_code_to as double) as highest
    from {{ ref('harm_crosswalk_value') }}
)

select
    one.survey,
    one.survey_year,
    one.variable,
    one.source_variable,
    one.source_code as code,
    one.source_code_to as code_to,
    other.source_code as other_code,
    other.source_code_to as other_code_to,
    'keep one of the two rows, or give them dates that do not overlap' as what_to_do
from crosswalk_value as one
inner join crosswalk_value as other
    on
        one.survey = other.survey
        and one.survey_year = other.survey_year
        and one.variable = other.variable
        and one.source_variable = other.source_variable
        and one.row_number < other.row_number
where
    (
        (
            one.source_code_to is null
            and other.source_code_to is null
            and one.source_code = other.source_code
        )
        or (one.lowest <= other.highest and other.lowest <= one.highest)
    )
    and coalesce(one.valid_from, date '0001-01-01')
    <= coalesce(other.valid_to, date '9999-12-31')
    and coalesce(other.valid_from, date '0001-01-01')
    <= coalesce(one.valid_to, date '9999-12-31')
