{#- One view in `vault.landing` per source, over that source's folder of Parquet files. Landing
    writes an empty typed file for what is absent, so a view never fails on presence. -#}
{% macro create_landing_views() %}
    {% if execute and flags.WHICH in ('build', 'run', 'seed', 'test') %}
        {% do run_query('create schema if not exists vault.landing') %}
        {% for source in graph.sources.values() %}
            {% do run_query(
                "create or replace view " ~ source.database ~ "." ~ source.schema ~ "."
                ~ source.identifier ~ " as select * from read_parquet('" ~ var('landing_dir')
                ~ "/" ~ source.identifier ~ "/*.parquet')"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
