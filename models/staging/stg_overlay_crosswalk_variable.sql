with

overlay as (
    select
        survey,
        survey_year,
        variable,
        source_variables,
        rule,
        combine_by,
        date_layout,
        scale_factor,
        scale_offset,
        grade,
        reason,
        evidence,
        note
    from {{ source('landing', 'overlay_crosswalk_variable') }}
),

final as (
    select
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(variable as string) as variable,
        cast(source_variables as string) as source_variables,
        cast(rule as string) as rule,
        cast(combine_by as string) as combine_by,
        cast(date_layout as string) as date_layout,
        cast(scale_factor as decimal(18, 6)) as scale_factor,
        cast(scale_offset as decimal(18, 6)) as scale_offset,
        cast(grade as string) as grade,
        cast(reason as string) as reason,
        cast(evidence as string) as evidence,
        cast(note as string) as note
    from overlay
)

select * from final
