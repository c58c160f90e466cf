with

drawn_unit as (
    select * from {{ ref('stg_survey_sample') }}
),

disposition_code as (
    select
        survey,
        survey_year,
        source_code as disposition_code,
        value as disposition
    from {{ ref('harm_code') }}
    where variable = 'disposition'
),

outcome_code as (
    select
        survey,
        survey_year,
        source_code as disposition_code,
        value as outcome
    from {{ ref('harm_code') }}
    where variable = 'outcome'
),

final as (
    select
        drawn_unit.survey,
        drawn_unit.survey_year,
        drawn_unit.sample_number,
        {{ respondent_id('drawn_unit') }} as respondent_id,
        drawn_unit.stratum,
        drawn_unit.cluster,
        drawn_unit.frame_units,
        drawn_unit.drawn_units,
        drawn_unit.cluster_probability,
        drawn_unit.household_probability,
        drawn_unit.disposition_code,
        disposition_code.disposition,
        outcome_code.outcome,
        drawn_unit.sex,
        drawn_unit.birth_year,
        drawn_unit.origin_code as origin_group,
        drawn_unit.municipality as municipality_code
    from drawn_unit
    left outer join disposition_code
        using (survey, survey_year, disposition_code)
    left outer join outcome_code
        using (survey, survey_year, disposition_code)
)

select * from final
