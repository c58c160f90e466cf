with

variant as (
    select distinct
        survey,
        survey_year,
        variant
    from {{ ref('calibration_margin') }}
),

population as (
    select
        survey,
        survey_year,
        domain,
        total,
        panel_total
    from {{ ref('wgt_margin') }}
    where margin = 'population'
),

linked as (
    select
        link.respondent_id,
        class.link_adjustment
    from {{ ref('id_link') }} as link
    inner join {{ ref('wgt_design') }} as design using (respondent_id)
    inner join {{ ref('wgt_link_class') }} as class
        on {{ is_in_class(
            'design', 'class', ['survey', 'survey_year', 'domain'], ['sex', 'age']
        ) }}
    where link.link_status = 'linked'
),

respondent as (
    select *
    from {{ ref('wgt_respondent') }}
    where weight_nonresponse is not null
),

mean as (
    select
        survey,
        survey_year,
        domain,
        {{ exact_sum('weight_nonresponse') }} / count(*) as mean_weight
    from respondent
    group by all
),

started as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        respondent.domain,
        variant.variant,
        case variant.variant
            when 'panel' then population.panel_total
            else population.total
        end as population,
        case variant.variant
            when 'panel' then respondent.weight_nonresponse * linked.link_adjustment
            when 'trimmed'
                then
                    least(
                        respondent.weight_nonresponse,
                        {{ var('trimmed_start_ratio') }} * mean.mean_weight
                    )
            else respondent.weight_nonresponse
        end as weight
    from respondent
    inner join variant using (survey, survey_year)
    inner join population using (survey, survey_year, domain)
    inner join mean using (survey, survey_year, domain)
    left outer join linked using (respondent_id)
),

weighted as (
    select *
    from started
    where weight is not null and population > 0
),

weight_total as (
    select
        survey,
        survey_year,
        domain,
        variant,
        {{ exact_sum('weight') }} as weight_total
    from weighted
    group by all
),

final as (
    select
        weighted.respondent_id,
        weighted.variant,
        weighted.survey,
        weighted.survey_year,
        weighted.domain,
        weighted.population,
        weighted.weight * weighted.population / weight_total.weight_total
            as start_weight
    from weighted
    inner join weight_total using (survey, survey_year, domain, variant)
)

select * from final
