{#- One share per kind of missing; the contract is the only list of them. -#}
{%- set kinds = [] -%}
{%- for name in model.columns if name.startswith('share_') and name != 'share_valid' -%}
    {%- do kinds.append(name | replace('share_', '')) -%}
{%- endfor -%}

with

comparability as (
    select * from {{ ref('harm_comparability') }}
),

answered as (
    select
        variable,
        survey,
        survey_year,
        count(*) as respondent_count,
        count(value) / count(*) as share_valid
        {%- for kind in kinds %},
        count(*) filter (where missing_kind = '{{ kind }}') / count(*)
            as share_{{ kind }}
        {%- endfor %}
    from {{ ref('harm_value') }}
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
        answered.share_valid
        {%- for kind in kinds %},
        answered.share_{{ kind }}
        {%- endfor %}
    from comparability
    left outer join answered using (variable, survey, survey_year)
)

select * from final
