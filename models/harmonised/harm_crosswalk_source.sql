with

crosswalk as (
    select
        survey,
        survey_year,
        variable,
        rule,
        combine_by,
        date_layout,
        scale_factor,
        scale_offset,
        grade,
        evidence,
        origin,
        string_split_regex(trim(source_variables), '\s+') as sources
    from {{ ref('harm_crosswalk_variable') }}
    where source_variables is not null
),

numbered as (
    select
        * exclude (sources),
        len(sources) as source_count,
        unnest(sources) as source_variable,
        generate_subscripts(sources, 1) as source_position
    from crosswalk
),

final as (
    select
        survey,
        survey_year,
        variable,
        source_variable,
        -- Delivered names are matched without case.
        lower(source_variable) as source_key,
        cast(source_position as int) as source_position,
        cast(source_count as int) as source_count,
        rule,
        combine_by,
        -- Values without a row of their own pass as they are: numbers and dates.
        rule in ('copy', 'scale')
        or (rule = 'combine' and combine_by != 'first') as is_passing,
        coalesce(date_layout, 'yyyy-mm-dd') as date_layout,
        coalesce(scale_factor, 1) as scale_factor,
        coalesce(scale_offset, 0) as scale_offset,
        grade,
        evidence,
        origin
    from numbered
)

select * from final
