{#- The contract alone lists the harmonised columns, one per variable. -#}
{%- set columns = model.columns.values() -%}
{%- set harmonised = columns | selectattr('config.meta.harmonised') | list -%}

with

cross_section as (
    select * from {{ ref('harm_cross_section') }}
),

link as (
    select
        respondent_id,
        person_key,
        link_status,
        link_pass
    from {{ ref('id_link') }}
),

person_key as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

survey_weight as (
    select
        respondent_id,
        weight_design,
        weight_nonresponse,
        weight,
        weight_kind,
        weight_pooled
    from {{ ref('mart_survey_weight') }}
),

final as (
    select
        cross_section.respondent_id,
        cross_section.survey,
        cross_section.survey_year,
        cross_section.stratum,
        person_key.person_id,
        link.link_status,
        link.link_pass,
        {% for column in harmonised %}
        cross_section.{{ column.name }},
        {% endfor %}
        survey_weight.weight_design,
        survey_weight.weight_nonresponse,
        survey_weight.weight,
        survey_weight.weight_kind,
        survey_weight.weight_pooled
    from cross_section
    left outer join link using (respondent_id)
    left outer join person_key on link.person_key = person_key.person_key
    left outer join survey_weight using (respondent_id)
)

select * from final
