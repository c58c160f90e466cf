with

overlay as (
    select * from {{ source('landing', 'overlay_crosswalk_value') }}
),

final as (
    select
        cast(nullif(survey, '') as string) as survey,
        cast(nullif(survey_year, '') as int) as survey_year,
        cast(nullif(variable, '') as string) as variable,
        cast(nullif(source_variable, '') as string) as source_variable,
        cast(nullif(source_code, '') as string) as source_code,
        cast(nullif(source_code_to, '') as string) as source_code_to,
        cast(nullif(source_label, '') as string) as source_label,
        cast(nullif(target_code, '') as string) as target_code,
        cast(nullif(missing_kind, '') as string) as missing_kind,
        cast(nullif(valid_from, '') as date) as valid_from,
        cast(nullif(valid_to, '') as date) as valid_to,
        cast(nullif(note, '') as string) as note
    from overlay
)

select * from final
