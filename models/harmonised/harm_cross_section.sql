{#- The contract alone lists the harmonised columns, one per variable. -#}
{%- set columns = model.columns.values() -%}
{%- set harmonised = columns | selectattr('config.meta.harmonised') | list -%}

with

respondent as (
    select
        respondent_id,
        survey,
        survey_year,
        stratum
    from {{ ref('harm_respondent') }}
),

harmonised_value as (
    select
        respondent_id,
        variable,
        value
    from {{ ref('harm_value') }}
    where value is not null
),

wide as (
    select
        {% for column in harmonised %}
        cast(
            max(case variable when '{{ column.name }}' then value end)
            as {{ column.data_type }}
        ) as {{ column.name }},
        {% endfor %}
        respondent_id
    from harmonised_value
    group by respondent_id
),

final as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        {% for column in harmonised %}
        wide.{{ column.name }},
        {% endfor %}
        respondent.stratum
    from respondent
    left outer join wide using (respondent_id)
)

select * from final
