{#- The columns of a model's contract, which is the only list of the columns of a wide table.
    Read from the graph and not from `model`, which is the unit test while one runs. -#}
{% macro contract_columns(model_name) -%}
{%- if execute -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ model_name].columns.keys() | list) }}
{%- endif -%}
{{ return([]) }}
{%- endmacro %}
