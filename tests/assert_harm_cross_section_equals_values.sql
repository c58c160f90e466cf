-- The wide table and the long one must tell the same story, column by column.
with

wide_text as (
    select
        respondent_id,
        cast(
            columns(* exclude (respondent_id, survey, survey_year, stratum)) as string
        )
    from {{ ref('harm_cross_section') }}
),

wide as (
    select
        respondent_id,
        variable,
        -- DuckDB writes a whole double as 1.0, where the long table has 1.
        regexp_replace(value, '\.0$', '') as value
    from wide_text
    unpivot (value for variable in (* exclude (respondent_id))) -- noqa: PRS
),

wide_sum as (
    select
        variable,
        count(*) as value_count,
        bit_xor(hash(respondent_id, value)) as fingerprint
    from wide
    group by variable
),

long_sum as (
    select
        variable,
        count(*) as value_count,
        bit_xor(hash(respondent_id, value)) as fingerprint
    from {{ ref('harm_value') }}
    where value is not null
    group by variable
)

select
    variable,
    wide_sum.value_count as wide_count,
    long_sum.value_count as long_count,
    'list the variable as a column in harm_cross_section.yml and '
    || 'mart_cross_section.yml' as what_to_do
from wide_sum
full outer join long_sum using (variable)
where wide_sum.fingerprint is distinct from long_sum.fingerprint
