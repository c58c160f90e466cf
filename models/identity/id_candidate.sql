with respondent as (
    select
        respondent_id,
        survey,
        survey_year,
        respondent_key,
        consent_linkage
    from {{ ref('harm_respondent') }}
),

survey_key as (
    select
        survey,
        survey_year,
        respondent_key,
        {{ person_key('rinpersoons', 'rinpersoon') }} as candidate_key
    from {{ ref('stg_survey_key') }}
),

person as (
    select person_key from {{ ref('pop_person') }}
),

final as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        coalesce(respondent.consent_linkage = '1', false) as has_consented,
        survey_key.candidate_key,
        person.person_key is not null as is_in_register
    from respondent
    left outer join survey_key
        on
            respondent.survey = survey_key.survey
            and respondent.survey_year = survey_key.survey_year
            and respondent.respondent_key = survey_key.respondent_key
    left outer join person
        on survey_key.candidate_key = person.person_key
)

select * from final
