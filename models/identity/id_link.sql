with candidate as (
    select * from {{ ref('id_candidate') }}
),

-- Consent comes first: of a refusal not even whether a link would exist is kept.
decided as (
    select
        *,
        case
            when not has_consented then 'no_consent'
            when is_in_register then 'linked'
            when survey_year <= {{ var('register_start')[:4] }} then 'not_linkable'
            when candidate_key is null then 'no_key'
            else 'not_in_register'
        end as link_status
    from candidate
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        link_status,
        case when link_status = 'linked' then 'unique_identifier' end as link_pass,
        case when link_status = 'linked' then candidate_key end as person_key
    from decided
)

select * from final
