{#- The negative code that is delivered instead of a number, as text: each says why the number is
    missing (seed `missing_number_code`). -#}
{% macro negative_code(column) -%}
case when {{ column }} < 0 then cast({{ column }} as string) end
{%- endmacro %}
