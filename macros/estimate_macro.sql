{#- Table macros of the warehouse: an estimate with its standard error from one query.

    They are stored in the published file and read `mart_cross_section` and the weights beside it,
    so that `from marts.weighted_mean(...)` works from SQL, R, Stata and Python alike. The error is
    that of the replicate weights: each was calibrated as the sample was. -#}
{% macro create_estimate_macros() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set weights = adapter.get_relation(
            database=target.database, schema='marts', identifier='mart_replicate_weight'
        ) %}
        {% if weights %}
            {% do run_query(estimate_macro('weighted_mean', is_mean=true)) %}
            {% do run_query(estimate_macro('weighted_total', is_mean=false)) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{% macro estimate_macro(name, is_mean) %}
{%- set estimate -%}
    sum(weight * amount) {{ "/ sum(weight)" if is_mean }}
{%- endset -%}
create or replace macro marts.{{ name }}(
    value_of, by_domain := 'all', only_if := true
) as table
with

answered as (
    select
        respondent_id,
        cast(value_of as double) as amount,
        by_domain as domain
    from marts.mart_cross_section
    where only_if and cast(value_of as double) is not null and by_domain is not null
),

respondent_weight as (
    select
        respondent_id,
        weight
    from marts.mart_survey_weight
    where weight is not null
),

whole as (
    select
        domain,
        count(*) as n,
        {{ estimate }} as estimate
    from answered
    inner join respondent_weight using (respondent_id)
    group by domain
),

in_replicate as (
    select
        domain,
        replicate,
        max(variance_factor) as variance_factor,
        {{ estimate }} as estimate
    from answered
    inner join marts.mart_replicate_weight using (respondent_id)
    group by domain, replicate
    having sum(weight) > 0
),

spread as (
    select
        whole.domain,
        sqrt(sum(
            in_replicate.variance_factor * pow(in_replicate.estimate - whole.estimate, 2)
        )) as se
    from whole
    inner join in_replicate using (domain)
    group by whole.domain
)

select
    domain,
    estimate,
    se,
    estimate - 1.96 * se as lower,
    estimate + 1.96 * se as upper,
    n
from whole
left outer join spread using (domain)
order by domain
{% endmacro %}
