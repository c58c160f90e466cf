with candidate as (
    select * from {{ ref('id_candidate') }}
),

-- Links without a number exist only where those passes are switched on.
score as (
    select
        respondent_id,
        link_pass,
        person_key,
        match_probability,
        estimated_precision,
        evidence
    from {{ ref('id_link_score') }}
    where scenario = 'unknown' and is_accepted
),

-- Consent comes first: of a refusal not even whether a link would exist is kept.
decided as (
    select
        candidate.respondent_id,
        candidate.survey,
        candidate.survey_year,
        case
            when not candidate.has_consented then 'no_consent'
            when candidate.is_in_register then 'linked'
            when score.person_key is not null then 'linked'
            when
                candidate.survey_year <= {{ var('register_start')[:4] }}
                then 'not_linkable'
            when candidate.candidate_key is null then 'no_key'
            else 'not_in_register'
        end as link_status,
        candidate.is_in_register,
        candidate.candidate_key,
        score.link_pass,
        score.person_key,
        score.match_probability,
        score.estimated_precision,
        score.evidence
    from candidate
    left outer join score
        on candidate.respondent_id = score.respondent_id
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        link_status,
        case
            when link_status <> 'linked' then null
            when is_in_register then 'unique_identifier'
            else link_pass
        end as link_pass,
        case
            when link_status <> 'linked' then null
            when is_in_register then candidate_key
            else person_key
        end as person_key,
        case
            when link_status <> 'linked' then null
            when is_in_register then 'person number'
            else evidence
        end as evidence,
        case
            when link_status <> 'linked' then null
            when is_in_register then 1.0
            else match_probability
        end as match_probability,
        case
            when link_status <> 'linked' then null
            when is_in_register then 1.0
            else estimated_precision
        end as estimated_precision
    from decided
)

select * from final
