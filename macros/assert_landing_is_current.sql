{#- Stop with one line when extracts changed since they were landed: `dbt build` alone reads the
    landing, and would build yesterday's files. Extract roots that are out of reach (a copy of the
    landing on another machine) are passed over. -#}
{% macro assert_landing_is_current() %}
    {% if execute and flags.WHICH == 'build' %}
        {% set manifest = "read_parquet('" ~ var('landing_dir') ~ "/manifest/*.parquet')" %}
        {% set roots = run_query('select distinct root from ' ~ manifest) %}
        {% for root in roots.columns[0].values() %}
            {% set changed = run_query(landing_changes_sql(manifest, root)) %}
            {% if changed.rows | length > 0 %}
                {% do exceptions.raise_compiler_error(
                    changed.rows[0][0] ~ ' in ' ~ root ~ ' changed since it was landed ('
                    ~ changed.rows[0][1] ~ ' files in all): run `migrantpanel land`, '
                    ~ 'or `migrantpanel build`, which lands first'
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#- DuckDB gives a file's time in whole seconds; epoch_ms would round a landed time up. -#}
{% macro landing_changes_sql(manifest, root) %}
with

delivered as (
    select
        replace(filename, '\', '/')[length('{{ root }}') + 2:] as path,
        size as bytes,
        epoch_us(last_modified) // 1000000 as modified_second
    from read_blob('{{ root }}/**')
),

landed as (
    select
        path,
        size as bytes,
        epoch_us(modified) // 1000000 as modified_second
    from {{ manifest }}
    where root = '{{ root }}'
),

changed as (
    select path
    from delivered
    full join landed using (path, bytes, modified_second)
    where delivered.path is null or landed.path is null
)

select min(path) as example, count(distinct path) as files
from changed
where exists (select 1 from delivered)
having count(*) > 0
{% endmacro %}
