with

variable_label as (
    select
        stem,
        survey,
        survey_year,
        source_file,
        variable,
        label
    from {{ source('landing', 'variable_label') }}
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
        cast(label as string) as label
    from variable_label
)

select * from final
