with

overlay as (
    select * from {{ source('landing', 'overlay_crosswalk_variable') }}
),

final as (
    select
        cast(nullif(survey, '') as string) as survey,
        cast(nullif(survey_year, '') as int) as survey_year,
        cast(nullif(variable, '') as string) as variable,
        cast(nullif(source_variables, '') as string) as source_variables,
        cast(nullif(rule, '') as string) as rule,
        cast(nullif(combine_by, '') as string) as combine_by,
        cast(nullif(date_layout, '') as string) as date_layout,
        cast(nullif(scale_factor, '') as decimal(18, 6)) as scale_factor,
        cast(nullif(scale_offset, '') as decimal(18, 6)) as scale_offset,
        cast(nullif(grade, '') as string) as grade,
        cast(nullif(reason, '') as string) as reason,
        cast(nullif(evidence, '') as string) as evidence,
        cast(nullif(note, '') as string) as note
    from overlay
)

select * from final
