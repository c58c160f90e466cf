{#- A delivered value, or null when it stands for "unknown" in its family (var `sentinels`). -#}
{% macro known(column, family) -%}
case
    when {{ column }} not in ({{ quoted(var('sentinels')[family]) }}) then {{ column }}
end
{%- endmacro %}
