with

drawn_key as (
    select
        survey,
        survey_year,
        sample_number,
        {{ person_key('rinpersoons', 'rinpersoon') }} as person_key
    from {{ ref('stg_survey_sample_key') }}
),

person as (
    select
        survey,
        survey_year,
        person_key,
        residence,
        case
            when education_weight <= {{ var('own_education_record_weight') }}
                then cast(education_level as string)
        end as own_education
    from {{ ref('pop_survey_person') }}
    where stock = 'reference'
),

final as (
    select
        drawn_key.survey,
        drawn_key.survey_year,
        drawn_key.sample_number,
        person.residence,
        case
            when person.person_key is not null
                then coalesce(person.own_education, 'unknown')
        end as education
    from drawn_key
    left outer join person
        on
            drawn_key.survey = person.survey
            and drawn_key.survey_year = person.survey_year
            and drawn_key.person_key = person.person_key
)

select * from final
