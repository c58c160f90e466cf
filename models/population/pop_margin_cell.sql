{{ config(materialized='view', tags=['shared']) }}

-- The weight of a record says for how many people it stands: one where the diploma is
-- the person's own, more where the labour force survey found it, as a sample of those
-- whose diploma is nowhere registered.
with person as (
    select
        *,
        cast(education_level as string) as recorded_level,
        case
            when education_weight <= {{ var('own_education_record_weight') }}
                then cast(education_level as string)
        end as own_level,
        cast(education_weight as decimal(18, 8)) as exact_weight
    from {{ ref('pop_survey_person') }}
    where stock = 'reference'
),

cell as (
    select
        person.survey,
        person.survey_year,
        person.origin_group,
        person.municipality_code,
        person.sex,
        person.age,
        person.generation,
        person.region,
        person.residence,
        coalesce(person.own_level, 'unknown') as education,
        case
            when person.generation = '1' then 'first_generation'
            else coalesce(person.own_level, 'unknown')
        end as education_born_here,
        coalesce(person.recorded_level, 'unknown') as education_weighted,
        projection.is_projected,
        sum(projection.population_factor) as total,
        sum(projection.panel_factor) as panel_total,
        sum(person.exact_weight) as record_total
    from person
    inner join {{ ref('pop_back_projection') }} as projection
        on
            person.survey = projection.survey
            and person.survey_year = projection.survey_year
            and person.origin_group = projection.origin_group
            and person.generation = projection.generation
            and person.sex = projection.sex
            and person.age = projection.age
    group by all
),

final as (
    select
        cell.*,
        'nation' as area
    from cell
    union all
    select
        cell.*,
        cell.municipality_code as area
    from cell
    inner join {{ ref('survey_population') }} as survey
        on cell.survey = survey.survey and cell.survey_year = survey.survey_year
    where survey.has_municipality_totals and cell.municipality_code is not null
)

select * from final  -- noqa: AM04
