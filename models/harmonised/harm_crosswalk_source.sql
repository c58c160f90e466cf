with

crosswalk as (
    select
        *,
        string_split_regex(trim(source_variables), '\s+') as sources,
        {{ member_range('source_variables') }} as member_range
    from {{ ref('harm_crosswalk_variable') }}
    where source_variables is not null
),

-- `P{1-8}AGE` stands for the same question about each of eight members.
membered as (
    select
        *,
        unnest(
            if(
                member_range[1] = '',
                [0],
                range(
                    try_cast(member_range[1] as int),
                    try_cast(member_range[2] as int) + 1
                )
            )
        ) as member_number
    from crosswalk
),

numbered as (
    select
        *,
        len(sources) as source_count,
        unnest(sources) as source_variable,
        generate_subscripts(sources, 1) as source_position
    from membered
),

named as (
    select
        *,
        regexp_replace(
            source_variable,
            '\{.*\}',
            {{ member_text('member_number', 'member_range[1]') }}
        ) as delivered_variable
    from numbered
),

final as (
    select
        survey,
        survey_year,
        variable,
        cast(member_number as int) as member_number,
        source_variable,
        delivered_variable,
        -- Delivered names are matched without case.
        lower(delivered_variable) as source_key,
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
    from named
)

select * from final
