{%- set variants = ['calibrated', 'education', 'trimmed', 'panel'] -%}

with

calibrated as (
    select
        respondent_id,
        max(start_weight) filter (where variant = 'calibrated') as weight_poststratified,
        max(g) filter (where variant = 'calibrated') as calibration_g,
        {%- for variant in variants %}
        max(weight) filter (where variant = '{{ variant }}') as {{ variant }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref('wgt_calibrated') }}
    group by respondent_id
),

weighted as (
    select
        respondent.*,
        calibrated.weight_poststratified,
        calibrated.calibration_g,
        coalesce(calibrated.calibrated, respondent.weight_nonresponse) as weight,
        case
            when calibrated.calibrated is not null then 'calibrated'
            when respondent.weight_nonresponse is not null then 'nonresponse'
        end as weight_kind,
        calibrated.education as weight_education,
        calibrated.trimmed as weight_trimmed,
        calibrated.panel as weight_panel
    from {{ ref('wgt_respondent') }} as respondent
    left outer join calibrated using (respondent_id)
),

survey_total as (
    select
        survey,
        survey_year,
        count(weight) as respondent_count,
        sum(cast(weight as decimal(38, 8))) as weight_sum
    from weighted
    group by survey, survey_year
),

overall as (
    select
        sum(respondent_count) as respondent_count,
        count(*) filter (where respondent_count > 0) as survey_count,
        cast(sum(weight_sum) as double) as weight_sum
    from survey_total
),

link as (
    select
        respondent_id,
        link_status
    from {{ ref('id_link') }}
),

variance_unit as (
    select
        respondent_id,
        variance_stratum,
        variance_unit,
        population_units
    from {{ ref('wgt_variance_unit') }}
),

final as (
    select
        weighted.respondent_id,
        weighted.survey,
        weighted.survey_year,
        weighted.represents,
        weighted.domain,
        weighted.weight_design,
        weighted.weight_nonresponse,
        weighted.response_adjustment,
        weighted.weight_poststratified,
        weighted.calibration_g,
        weighted.weight,
        weighted.weight_kind,
        weighted.weight_education,
        weighted.weight_trimmed,
        weighted.weight * overall.respondent_count / overall.weight_sum
            as weight_pooled,
        weighted.weight * overall.respondent_count / overall.survey_count
        / cast(survey_total.weight_sum as double) as weight_pooled_equal,
        weighted.weight_panel,
        variance_unit.variance_stratum,
        variance_unit.variance_unit,
        variance_unit.population_units,
        weighted.no_weight_reason,
        case
            when weighted.weight_panel is not null then null
            when link.link_status != 'linked' then link.link_status
            else coalesce(weighted.no_weight_reason, 'not_calibrated')
        end as no_panel_weight_reason
    from weighted
    inner join survey_total using (survey, survey_year)
    cross join overall
    left outer join link using (respondent_id)
    left outer join variance_unit using (respondent_id)
)

select * from final
