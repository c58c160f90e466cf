with

project_row as (
    select * from {{ ref('crosswalk_variable') }}
),

overlay_row as (
    select * from {{ ref('stg_overlay_crosswalk_variable') }}
),

-- The overlay speaks last: its row stands in place of the project's.
effective as (
    select
        project_row.*,
        'project' as origin
    from project_row
    anti join overlay_row using (survey, survey_year, variable)
    union all
    select
        overlay_row.*,
        'overlay' as origin
    from overlay_row
),

final as (
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
        note,
        origin
    from effective
)

select * from final
