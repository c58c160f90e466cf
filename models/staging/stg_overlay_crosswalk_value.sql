with

overlay as (
    select
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        source_code_to,
        source_label,
        target_code,
        missing_kind,
        valid_from,
        valid_to,
        note
    from {{ source('landing', 'overlay_crosswalk_value') }}
),

final as (
    select
        cast(survey as string) as survey,
        cast(survey_year as int) as survey_year,
        cast(variable as string) as variable,
        cast(source_variable as string) as source_variable,
        cast(source_code as string) as source_code,
        cast(source_code_to as string) as source_code_to,
        cast(source_label as string) as source_label,
        cast(target_code as string) as target_code,
        cast(missing_kind as string) as missing_kind,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to,
        cast(note as string) as note
    from overlay
)

select * from final
