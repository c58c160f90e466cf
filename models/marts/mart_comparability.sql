{#- The contract alone lists the kinds of missing, one share each. -#}
{%- set columns = model.columns.values() -%}
{%- set kinds = columns | selectattr('config.meta.missing_kind') | list -%}

with

comparability as (
    select * from {{ ref('harm_comparability') }}
),

answer as (
    {%- for model in ['harm_value', 'harm_member_value'] %}
    select
        variable,
        survey,
        survey_year,
        value,
        missing_kind
    from {{ ref(model) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

answered as (
    select
        variable,
        survey,
        survey_year,
        count(*) as respondent_count,
        {% for column in kinds %}
        count(*) filter (where missing_kind = '{{ column.config.meta.missing_kind }}')
        / count(*) as {{ column.name }},
        {% endfor %}
        count(value) / count(*) as share_valid
    from answer
    group by all
),

final as (
    select
        comparability.variable,
        comparability.survey,
        comparability.survey_year,
        comparability.grade,
        comparability.reason,
        comparability.evidence,
        comparability.rule,
        comparability.source_variables,
        comparability.note,
        comparability.is_delivered,
        coalesce(answered.respondent_count, 0) as respondent_count,
        {% for column in kinds %}
        answered.{{ column.name }},
        {% endfor %}
        answered.share_valid
    from comparability
    left outer join answered using (variable, survey, survey_year)
)

select * from final
