{#- A table that can be rebuilt for some of its years: those rows are deleted and made again by
    the model's own SQL, with the condition on `year` around it. Which rows that is comes from
    `migrantpanel build --incremental` (var `rebuild`: model name -> condition); without it, and
    for a model that is not named there, the table is made whole. docs/incremental.md says when
    a model may call itself so (`meta: rebuild`).

    With `meta: pieces_of` the whole table is made a few years at a time as well, in as few pieces
    of about equal size as fit in memory one at a time: rows of that model times `row_bytes` (var
    `piece_rows` sets the rows of a piece). A model without years counts whole in each year. -#}
{% materialization by_year, adapter='duckdb' %}
    {%- set condition = var('rebuild', {}).get(model.name) -%}
    {%- set pieces = [] if condition else year_pieces(
        config.meta_get('pieces_of'), config.meta_get('row_bytes')
    ) -%}
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
{% macro year_pieces(name, row_bytes) %}
    {%- if name is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set model = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    {%- set fitting = var('piece_rows') or rows_that_fit(row_bytes) -%}
    {%- set pieces = run_query(
        "with counted as (" ~ rows_by_year(model) ~ "), cut as ("
        ~ " select year, floor((sum(row_count) over (order by year) - 1)"
        ~ " / sum(row_count) over () * ceil(sum(row_count) over () / " ~ fitting ~ ")) as piece"
        ~ " from counted)"
        ~ " select 'year between ' || min(year) || ' and ' || max(year) from cut"
        ~ " group by piece order by piece"
    ) -%}
    {{ return(pieces.columns[0].values()) }}
{% endmacro %}

{% macro rows_by_year(model) -%}
{%- if 'year' in model.columns -%}
select year, count(*) as row_count from {{ model.relation_name }} group by year
{%- else -%}
select year, (select count(*) from {{ model.relation_name }}) as row_count from ({{ panel_years() }})
{%- endif -%}
{%- endmacro %}

{#- How many rows of so many bytes fit in memory at once, as SQL, beside 2 GiB that are being
    written. The limit reads like "5.5 GiB". -#}
{% macro rows_that_fit(row_bytes) -%}
(
    select
        greatest(100000, cast(
            (
                cast(split_part(memory, ' ', 1) as double)
                * case split_part(memory, ' ', 2) when 'GiB' then 1 when 'TiB' then 1024 else 0 end
                - 2
            ) * 1073741824 / {{ row_bytes }} as bigint
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
