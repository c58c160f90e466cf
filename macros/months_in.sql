{#- Months of the year in one labour group: null when the person is in no group all year, zero
    when in others only. Expects columns labour_group and months. -#}
{% macro months_in(labour_group) -%}
cast(
            sum(
                case
                    when labour_group = '{{ labour_group }}' then months
                    when labour_group is not null then 0
                end
            ) as int
        ) as {{ labour_group }}_months
{%- endmacro %}

{#- Months of the year with one source of income, whether or not the main one: null when no source
    is known all year. Expects columns labour_group and months. -#}
{% macro months_with(flag) -%}
cast(
            sum(
                case
                    when labour_group is null then null
                    when {{ flag }} then months
                    else 0
                end
            ) as int
        )
{%- endmacro %}
