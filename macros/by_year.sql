{#- A table that can be rebuilt for some of its years: those rows are deleted and made again by
    the model's own SQL, with the condition on `year` around it. Which rows that is comes from
    `migrantpanel build --incremental` (var `rebuild`: model name -> condition); without it, and
    for a model that is not named there, the table is made whole. docs/incremental.md says when
    a model may call itself so (`meta: rebuild`).

    With `meta: pieces_of` the whole table is made a few years at a time as well, in as few pieces
    of about equal size as fit in memory one at a time (var `piece_rows` sets them). -#}
{% materialization by_year, adapter='duckdb' %}
    {%- set condition = var('rebuild', {}).get(model.name) -%}
    {%- set pieces = [] if condition else year_pieces(config.meta_get('pieces_of')) -%}
    {%- if condition is none and pieces | length < 2 -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if condition %}
    {% call statement('main') -%}
        delete from {{ target_relation }} where {{ condition }};
        {{ insert_years(target_relation, compiled_code, condition) }}
    {%- endcall %}
    {%- else %}
    {%- set made = make_intermediate_relation(target_relation) -%}
    {%- do drop_relation_if_exists(load_cached_relation(made)) -%}
    {% call statement('create') -%}
        {{ create_table_as(False, made, compiled_code ~ ' limit 0') }}
    {%- endcall %}
    {#- DuckDB 2.0 keeps the statistics of a table that was made empty by a query through all that
        the same transaction inserts, and joins then find nothing in it. -#}
    {%- do adapter.commit() -%}
    {% for piece in pieces %}
    {% call statement('main') -%}
        {{ insert_years(made, compiled_code, piece) }}
    {%- endcall %}
    {% endfor %}
    {%- do drop_relation_if_exists(load_cached_relation(target_relation)) -%}
    {%- do adapter.rename_relation(made, target_relation) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro insert_years(relation, sql, condition) -%}
insert into {{ relation }} by name
select * from ({{ sql }}) where {{ condition }}
{%- endmacro %}

{#- Conditions on `year` that cut the rows of another model into about equal pieces. -#}
{% macro year_pieces(name) %}
    {%- if name is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set fitting = var('piece_rows') or rows_that_fit() -%}
    {%- set pieces = run_query(
        "select 'year between ' || min(year) || ' and ' || max(year) from ("
        ~ " select year, floor((sum(count(*)) over (order by year) - 1)"
        ~ " / sum(count(*)) over () * ceil(sum(count(*)) over () / " ~ fitting ~ ")) as piece from "
        ~ graph.nodes['model.' ~ project_name ~ '.' ~ name].relation_name
        ~ " group by year) as counted group by piece order by piece"
    ) -%}
    {{ return(pieces.columns[0].values()) }}
{% endmacro %}

{#- How many rows of the panel can be joined at once, as SQL: the themes of one take some 3 kB,
    and what is being written 2 GiB. The limit reads like "5.5 GiB". -#}
{% macro rows_that_fit() -%}
(
    select
        greatest(100000, cast(
            (
                cast(split_part(memory, ' ', 1) as double)
                * case split_part(memory, ' ', 2) when 'GiB' then 1 when 'TiB' then 1024 else 0 end
                - 2
            ) * 1073741824 / 3300 as bigint
        ))
    from (select current_setting('memory_limit') as memory)
)
{%- endmacro %}

{#- The condition on `year` once more, for the calendar that a model's other CTEs read: what is
    read more than once DuckDB makes whole, before it looks at the condition around the model.
    Only for models whose rows of a year lean on that year alone (`rebuild: same_year`). -#}
{% macro rebuilt_years() -%}
{{ var('rebuild', {})[model.name] | default('true') }}
{%- endmacro %}
