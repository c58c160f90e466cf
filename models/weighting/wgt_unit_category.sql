with

respondent as (
    select
        respondent_id,
        survey,
        survey_year
    from {{ ref('wgt_respondent') }}
    where domain is not null
),

frame as (
    select
        respondent_id,
        sex,
        age,
        region
    from {{ ref('wgt_design') }}
),

-- What the registers hold of a respondent counts only with consent.
registered as (
    select
        link.respondent_id,
        person.generation,
        person.residence,
        case
            when person.education_weight <= {{ var('own_education_record_weight') }}
                then cast(person.education_level as string)
        end as own_education
    from {{ ref('id_link') }} as link
    inner join {{ ref('pop_survey_person') }} as person
        on
            link.person_key = person.person_key
            and link.survey = person.survey
            and link.survey_year = person.survey_year
            and person.stock = 'reference'
),

answered as (
    select
        respondent_id,
        max(value) filter (where variable = 'generation') as generation,
        max(cast(value as int)) filter (where variable = 'arrival_year')
            as arrival_year
    from {{ ref('harm_value') }}
    where variable in ('generation', 'arrival_year')
    group by respondent_id
),

answered_band as (
    select
        answered.respondent_id,
        band.category as residence
    from answered
    inner join respondent using (respondent_id)
    inner join {{ ref('survey_population') }} as survey using (survey, survey_year)
    inner join {{ ref('pop_survey_band') }} as band
        on
            respondent.survey = band.survey
            and respondent.survey_year = band.survey_year
            and band.margin = 'residence'
            and greatest(year(survey.reference_date) - answered.arrival_year, 0)
            >= band.lower_value
            and greatest(year(survey.reference_date) - answered.arrival_year, 0)
            < band.upper_value
),

described as (
    select
        respondent.*,
        frame.sex,
        frame.age,
        frame.region,
        coalesce(registered.generation, answered.generation) as generation,
        coalesce(
            registered.residence,
            case
                when answered.generation = '1' then answered_band.residence
                when answered.generation is not null then 'born_here'
            end
        ) as residence,
        case
            when registered.respondent_id is not null
                then coalesce(registered.own_education, 'unknown')
        end as education
    from respondent
    left outer join frame using (respondent_id)
    left outer join registered using (respondent_id)
    left outer join answered using (respondent_id)
    left outer join answered_band using (respondent_id)
),

final as (
    {%- for margin in ['sex', 'age', 'region', 'generation', 'residence', 'education'] %}
    select
        respondent_id,
        survey,
        survey_year,
        '{{ margin }}' as margin,
        coalesce({{ margin }}, '(unknown)') as category
    from described
    union all
    {%- endfor %}
    select
        respondent_id,
        survey,
        survey_year,
        'education_born_here' as margin,
        case
            when generation = '1' then 'first_generation'
            when generation is null then '(unknown)'
            else coalesce(education, '(unknown)')
        end as category
    from described
)

select * from final
