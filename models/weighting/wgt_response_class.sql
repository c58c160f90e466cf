{%- set levels = [[], ['sex'], ['sex', 'age'], ['sex', 'age', 'region']] -%}

with

respondent as (
    select respondent_id
    from {{ ref('harm_respondent') }}
),

unit as (
    select
        design.survey,
        design.survey_year,
        design.stratum,
        coalesce(design.sex, '(unknown)') as sex,
        coalesce(design.age, '(unknown)') as age,
        design.region,
        design.is_in_scope,
        respondent.respondent_id is not null as is_present,
        design.weight_design as weight
    from {{ ref('wgt_design') }} as design
    left outer join respondent using (respondent_id)
),

{{ adjustment_classes(['survey', 'survey_year', 'stratum'], levels) }},

final as (
    select
        survey,
        survey_year,
        stratum,
        sex,
        age,
        region,
        in_scope_count,
        present_count as respondent_count,
        adjustment as response_adjustment
    from adjustment_class
    where present_count > 0
)

select * from final
