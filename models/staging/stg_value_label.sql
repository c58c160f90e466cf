with

value_label as (
    select
        stem,
        survey,
        survey_year,
        source_file,
        variable,
        code,
        label,
        is_missing
    from {{ source('landing', 'value_label') }}
    -- Registers have labels too, which no model reads.
    where survey is not null
),

final as (
    select
        cast(stem as string) as stem,
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(source_file as string) as source_file,
        cast(variable as string) as variable,
        cast(code as string) as code,
        -- Crosswalk rows come from CSV, where blanks around a text do not survive.
        cast(nullif(trim(label), '') as string) as label,
        cast(is_missing as boolean) as is_declared_missing
    from value_label
)

select * from final
