{{ config(materialized='ephemeral') }}

with respondent as (
    select
        respondent_id,
        survey,
        survey_year,
        respondent_key,
        consent_linkage
    from {{ ref('harm_respondent') }}
),

-- The latest decision of the consent file comes before the answer in the survey.
decision as (
    select
        respondent_id,
        bool_and(decision = 'given') as is_given
    from {{ ref('id_consent_decision') }}
    where is_latest
    group by respondent_id
),

survey_key as (
    select
        survey,
        survey_year,
        respondent_key,
        rinpersoons,
        rinpersoon,
        {{ person_key('rinpersoons', 'rinpersoon') }} as number_key
    from {{ ref('stg_survey_key') }}
),

person as (
    select person_key from {{ ref('pop_person') }}
),

-- Somebody with two numbers is one person, under whichever number the survey has.
resolved as (
    select
        survey_key.*,
        coalesce(person_number.person_key, survey_key.number_key) as candidate_key
    from survey_key
    left outer join {{ ref('pop_person_number') }} as person_number
        on survey_key.number_key = person_number.number_key
),

final as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        coalesce(decision.is_given, respondent.consent_linkage = '1', false)
            as has_consented,
        resolved.candidate_key,
        person.person_key is not null as is_in_register,
        case
            when person.person_key is not null then null
            when coalesce(resolved.rinpersoon, '') in ('', '---------')
                then 'key_missing'
            when
                coalesce(resolved.rinpersoons, '')
                not in ({{ quoted(var('linkable_key_types')) }})
                then 'key_type'
            when resolved.candidate_key is null then 'key_width'
            else 'key_not_in_register'
        end as link_problem
    from respondent
    left outer join decision
        on respondent.respondent_id = decision.respondent_id
    left outer join resolved
        on
            respondent.survey = resolved.survey
            and respondent.survey_year = resolved.survey_year
            and respondent.respondent_key = resolved.respondent_key
    left outer join person
        on resolved.candidate_key = person.person_key
)

select * from final
