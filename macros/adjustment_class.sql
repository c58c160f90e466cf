{#- CTEs from `unit` to `adjustment_class`: classes in which those who are there stand for those
    who are not.

    Reads a CTE `unit` with the columns of `group`, those of all `levels`, and is_in_scope,
    is_present and weight (null: left out). A level is a list of columns that split a group, the
    coarsest first and empty; a group takes the finest level at which every class has at least
    var `response_class_minimum` who are present. One row per class of the chosen level; a column
    that the level does not split by is null, and stands for all its values. Sums run over
    decimals: sums of floats depend on the order of the rows. -#}
{% macro adjustment_classes(group, levels) %}
{%- set groups = group | join(', ') -%}
{%- set split_columns = levels | last -%}
class_count as (
    {%- for level in levels %}
    select
        {{ groups }},
        {{ loop.index }} as level,
        {% for column in split_columns -%}
        {{ column if column in level else 'cast(null as string)' }} as {{ column }},
        {% endfor -%}
        count(*) filter (where is_in_scope) as in_scope_count,
        count(*) filter (where is_present) as present_count,
        sum(cast(weight as decimal(28, 8))) filter (where is_in_scope)
            as in_scope_weight,
        sum(cast(weight as decimal(28, 8))) filter (where is_present)
            as present_weight
    from unit
    where weight is not null and (is_in_scope or is_present)
    group by {{ (group + level) | join(', ') }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

chosen_level as (
    select
        {{ groups }},
        max(level) as level
    from (
        select
            {{ groups }},
            level
        from class_count
        group by {{ groups }}, level
        having level = 1 or min(present_count) >= {{ var('response_class_minimum') }}
    ) as usable
    group by {{ groups }}
),

adjustment_class as (
    select
        {{ groups }},
        level,
        {{ split_columns | join(', ') }},
        in_scope_count,
        present_count,
        cast(in_scope_weight as double) / cast(present_weight as double) as adjustment
    from class_count
    inner join chosen_level using ({{ groups }}, level)
)
{%- endmacro %}


{#- Whether a unit falls in a class of `adjustment_classes`. -#}
{% macro is_in_class(unit, class, group, columns) -%}
    {%- for column in group %}
    {{ unit }}.{{ column }} = {{ class }}.{{ column }} and
    {%- endfor -%}
    {%- for column in columns %}
    coalesce({{ unit }}.{{ column }} = {{ class }}.{{ column }}, {{ class }}.{{ column }} is null)
    {{- " and" if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
