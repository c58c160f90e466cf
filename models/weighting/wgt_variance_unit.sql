with

respondent as (
    select
        respondent_id,
        survey,
        survey_year
    from {{ ref('wgt_respondent') }}
    where weight_nonresponse is not null
),

-- Where municipalities were drawn by chance they are the units; one that was certain to
-- be in, or that the survey stands for, is a stratum of its own.
drawn_unit as (
    select
        *,
        cluster_probability = 1 or survey in (
            'none' {%- for survey in var('municipality_surveys') %}, '{{ survey }}'
            {%- endfor -%}
        ) as is_certain,
        stratum || '/' || coalesce(cluster, '') as cell
    from {{ ref('harm_drawn_unit') }}
),

placed as (
    select
        respondent_id,
        survey,
        survey_year,
        is_certain,
        disposition,
        case when is_certain then cell else stratum end as variance_stratum,
        case when is_certain then respondent_id else cluster end as variance_unit,
        cast(
            cast(frame_units as double) / drawn_units / household_probability
            as decimal(28, 8)
        ) as weight_in_stratum
    from drawn_unit
),

-- The respondents of a stratum are taken as a random sample of its persons in scope.
population as (
    select
        survey,
        survey_year,
        variance_stratum,
        cast(sum(weight_in_stratum) as double) as population_units
    from placed
    where is_certain and disposition != 'out_of_scope'
    group by all
),

final as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        placed.variance_stratum,
        placed.variance_unit,
        population.population_units
    from respondent
    inner join placed using (respondent_id)
    left outer join population
        on
            placed.survey = population.survey
            and placed.survey_year = population.survey_year
            and placed.variance_stratum = population.variance_stratum
)

select * from final
