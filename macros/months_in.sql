{#- Months of the year in one labour group: null when the person is in no group all year, zero
    when in others only. Expects columns labour_group and months. -#}
{% macro months_in(labour_group) -%}
cast(
            sum(case when labour_group = '{{ labour_group }}' then months else 0 end)
            filter (where labour_group is not null) as int
        ) as {{ labour_group }}_months
{%- endmacro %}
