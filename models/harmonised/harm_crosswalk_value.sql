with

project_row as (
    select * from {{ ref('crosswalk_value') }}
),

overlay_row as (
    select * from {{ ref('stg_overlay_crosswalk_value') }}
),

overlay_variable as (
    select
        survey,
        survey_year,
        variable,
        rule
    from {{ ref('harm_crosswalk_variable') }}
    where origin = 'overlay'
),

overlay_source as (
    select distinct
        survey,
        survey_year,
        variable,
        source_variable
    from {{ ref('harm_crosswalk_source') }}
    where origin = 'overlay'
),

replaced as (
    select project_row.*
    from project_row
    anti join overlay_row using (survey, survey_year, variable)
),

-- An overlay row of crosswalk_variable retires the project's codes of the source
-- variables that it no longer names; an overlay has no other way to delete rows.
current_row as (
    select replaced.*
    from replaced
    left outer join overlay_variable using (survey, survey_year, variable)
    left outer join overlay_source
        using (survey, survey_year, variable, source_variable)
    where
        overlay_variable.variable is null
        or overlay_source.variable is not null
        or (
            replaced.source_variable = '(combined)'
            and overlay_variable.rule = 'combine'
        )
),

effective as (
    select
        current_row.*,
        'project' as origin
    from current_row
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
        source_variable,
        source_code,
        source_code_to,
        source_label,
        target_code,
        missing_kind,
        valid_from,
        valid_to,
        note,
        origin
    from effective
)

select * from final
