with

respondent as (
    select
        respondent_id,
        survey,
        survey_year
    from {{ ref('harm_respondent') }}
),

-- Sums run over decimals: sums of floats depend on the order of the rows.
drawn_unit as (
    select
        survey,
        survey_year,
        stratum,
        respondent_id,
        disposition != 'out_of_scope' as is_in_scope,
        weight_design,
        cast(weight_design as decimal(28, 8)) as exact_weight
    from {{ ref('wgt_design') }}
    where weight_design is not null
),

stratum_response as (
    select
        drawn_unit.survey,
        drawn_unit.survey_year,
        drawn_unit.stratum,
        cast(
            sum(drawn_unit.exact_weight) filter (where drawn_unit.is_in_scope)
            as double
        ) as in_scope_weight,
        cast(
            sum(drawn_unit.exact_weight)
            filter (where respondent.respondent_id is not null)
            as double
        ) as respondent_weight
    from drawn_unit
    left outer join respondent using (respondent_id)
    group by all
),

weighted as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        drawn_unit.weight_design,
        drawn_unit.weight_design
        * stratum_response.in_scope_weight / stratum_response.respondent_weight
            as weight_nonresponse
    from respondent
    left outer join drawn_unit using (respondent_id)
    left outer join stratum_response
        on
            drawn_unit.survey = stratum_response.survey
            and drawn_unit.survey_year = stratum_response.survey_year
            and drawn_unit.stratum = stratum_response.stratum
),

all_surveys as (
    select
        cast(sum(cast(weight_nonresponse as decimal(28, 8))) as double)
            as weight_sum,
        count(weight_nonresponse) as respondent_count
    from weighted
),

final as (
    select
        weighted.respondent_id,
        weighted.survey,
        weighted.survey_year,
        weighted.weight_design,
        weighted.weight_nonresponse,
        weighted.weight_nonresponse
        * all_surveys.respondent_count / all_surveys.weight_sum as weight_pooled,
        case
            when weighted.weight_design is null then 'not_in_sample_file'
        end as no_weight_reason
    from weighted
    cross join all_surveys
)

select * from final
