{#- A table that can be rebuilt for some of its years: those rows are deleted and made again by
    the model's own SQL, with the condition on `year` around it. Which rows that is comes from
    `migrantpanel build --incremental` (var `rebuild`: model name -> condition); without it, and
    for a model that is not named there, the table is made whole. docs/incremental.md says when
    a model may call itself so (`meta: rebuild`). -#}
{% materialization by_year, adapter='duckdb' %}
    {%- set condition = var('rebuild', {}).get(model.name) -%}
    {%- if condition is none -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        delete from {{ target_relation }} where {{ condition }};
        insert into {{ target_relation }} by name
        select * from ({{ compiled_code }}) where {{ condition }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
