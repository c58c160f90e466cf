with

respondent as (
    select
        respondent_id,
        survey,
        survey_year
    from {{ ref('harm_respondent') }}
),

drawn_unit as (
    select
        respondent_id,
        represents,
        domain,
        stratum,
        coalesce(sex, '(unknown)') as sex,
        coalesce(age, '(unknown)') as age,
        region,
        weight_design
    from {{ ref('wgt_design') }}
    where weight_design is not null
),

drawn_respondent as (
    select *
    from respondent
    left outer join drawn_unit using (respondent_id)
),

final as (
    select
        unit.respondent_id,
        unit.survey,
        unit.survey_year,
        unit.represents,
        unit.domain,
        unit.weight_design,
        class.response_adjustment,
        unit.weight_design * class.response_adjustment as weight_nonresponse,
        case
            when unit.weight_design is null then 'not_in_sample_file'
        end as no_weight_reason
    from drawn_respondent as unit
    left outer join {{ ref('wgt_response_class') }} as class
        on {{ is_in_class(
            'unit', 'class',
            ['survey', 'survey_year', 'stratum'], ['sex', 'age', 'region']
        ) }}
)

select * from final
