with

harmonised_value as (
    select * from {{ ref('harm_value') }}
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        value,
        missing_kind,
        source_variable,
        source_code,
        rule,
        grade,
        evidence
    from harmonised_value
)

select * from final
