{#- The contract is the only list of the harmonised columns: one per harmonised variable. -#}
{%- set harmonised = [] -%}
{%- for column in model.columns.values() if column.config.meta.harmonised -%}
    {%- do harmonised.append(column) -%}
{%- endfor -%}

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
        respondent_id
        {%- for column in harmonised %},
        cast(
            max(value) filter (where variable = '{{ column.name }}')
            as {{ column.data_type }}
        ) as {{ column.name }}
        {%- endfor %}
    from harmonised_value
    group by respondent_id
),

final as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        respondent.stratum
        {%- for column in harmonised %},
        wide.{{ column.name }}
        {%- endfor %}
    from respondent
    left outer join wide using (respondent_id)
)

select * from final
