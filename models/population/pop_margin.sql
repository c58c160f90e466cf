{{ config(tags=['shared']) }}

{%- set counted_margins = [
    'population', 'sex', 'age', 'generation', 'region', 'residence'
] -%}
{%- set education_margins = [
    'education', 'education_born_here', 'education_weighted'
] -%}
{%- set place = 'survey, survey_year, origin_group, area' -%}

with cell as (
    select
        *,
        'all' as population
    from {{ ref('pop_margin_cell') }}
),

counted as (
    {%- for margin in counted_margins %}
    select
        {{ place }},
        '{{ margin }}' as margin,
        {{ margin }} as category,
        cast(sum(total) as double) as total,
        cast(sum(panel_total) as double) as panel_total,
        case when max(is_projected) then 'back_projection' else 'register' end
            as margin_evidence
    from cell
    group by {{ place }}, {{ margin }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- The people of each class, and those for whom the records in it stand.
recorded as (
    {%- for margin in education_margins %}
    select
        {{ place }},
        '{{ margin }}' as margin,
        {{ margin }} as category,
        sum(total) as people,
        case {{ margin }}
            when 'unknown' then 0
            when 'first_generation' then sum(total)
            else sum(record_total)
        end as total
    from cell
    where not is_projected
    group by {{ place }}, {{ margin }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- Who has no record is a class of its own: the population less the records.
education as (
    select
        {{ place }},
        margin,
        category,
        total
    from recorded
    where category <> 'unknown'
    union all
    select
        {{ place }},
        margin,
        'unknown' as category,
        greatest(sum(people) - sum(total), 0) as total
    from recorded
    group by {{ place }}, margin
),

registered as (
    select * from counted
    union all
    select
        {{ place }},
        margin,
        category,
        cast(total as double) as total,
        cast(total as double) as panel_total,
        'register' as margin_evidence
    from education
),

-- What is published of the nation takes the place of a count.
published as (
    select
        survey,
        survey_year,
        origin_group,
        'nation' as area,
        margin,
        category,
        total,
        total as panel_total,
        'published' as margin_evidence
    from {{ ref('published_margin') }}
),

final as (
    select registered.*
    from registered
    anti join published
        on
            registered.survey = published.survey
            and registered.survey_year = published.survey_year
            and registered.origin_group = published.origin_group
            and registered.area = published.area
            and registered.margin = published.margin
    union all
    select * from published
)

select * from final
