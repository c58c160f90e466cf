with

drawn_unit as (
    select * from {{ ref('harm_drawn_unit') }}
),

survey as (
    select
        survey,
        survey_year,
        reference_date
    from {{ ref('survey_population') }}
),

-- A survey in `municipality_surveys` speaks for the municipalities it was drawn in: how
-- these were chosen is then no part of the chance of selection.
represented as (
    select
        drawn_unit.*,
        case
            when
                survey in (
                    'none'
                    {%- for survey in var('municipality_surveys') %}, '{{ survey }}'
                    {%- endfor -%}
                )
                and cluster is not null
                then 'municipalities'
            else 'nation'
        end as represents
    from drawn_unit
),

final as (
    select
        unit.survey,
        unit.survey_year,
        unit.sample_number,
        unit.respondent_id,
        unit.represents,
        unit.stratum,
        unit.cluster,
        unit.disposition,
        unit.disposition != 'out_of_scope' as is_in_scope,
        unit.origin_group as domain,
        unit.sex,
        age_band.category as age,
        coalesce(region.region, 'other') as region,
        -- Inverse probability of selection: of the unit within its stratum, of the
        -- municipality it lives in, and of the person within the household.
        cast(unit.frame_units as double) / unit.drawn_units
        / case when unit.represents = 'nation' then unit.cluster_probability else 1 end
        / unit.household_probability as weight_design
    from represented as unit
    left outer join survey using (survey, survey_year)
    left outer join {{ ref('pop_survey_band') }} as age_band
        on
            unit.survey = age_band.survey
            and unit.survey_year = age_band.survey_year
            and age_band.margin = 'age'
            and year(survey.reference_date) - unit.birth_year >= age_band.lower_value
            and year(survey.reference_date) - unit.birth_year < age_band.upper_value
    left outer join {{ ref('municipality_region') }} as region
        on unit.municipality_code = region.municipality_code
)

select * from final
