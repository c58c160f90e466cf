{#- Names are read only where the field set is rich. -#}
{% set is_rich = linkage_fields() == 'rich' %}

with candidate as (
    select
        respondent_id,
        survey,
        survey_year,
        case when is_in_register then candidate_key end as known_key
    from {{ ref('id_candidate') }}
    where has_consented and {{ links_on_characteristics() }}
),

interview as (
    select
        respondent_id,
        respondent_key,
        interview_date
    from {{ ref('harm_respondent') }}
),

answer as (
    select
        respondent_id,
        sex,
        birth_year,
        birth_month,
        birth_country,
        arrival_year
    from {{ ref('harm_cross_section') }}
),

drawn_unit as (
    select
        survey,
        survey_year,
        respondent_key,
        municipality
    from {{ ref('stg_survey_sample') }}
    where respondent_key is not null
),

-- Of two names with a hyphen between them the last is the own one.
contact as (
    select
        *,
        {{ name_key("split_part(given_name, ' ', 1)") }} as first_name_key,
        {{ name_key("split_part(family_name, '-', -1)") }} as family_name_key,
        case
            when contains(family_name, '-')
                then {{ name_key("split_part(family_name, '-', 1)") }}
        end as family_name_other_key
    from {{ ref('stg_survey_contact') }}
    where {{ is_rich }}
),

final as (
    select
        candidate.respondent_id,
        candidate.survey || ' ' || candidate.survey_year as wave,
        interview.interview_date,
        candidate.known_key,
        contact.first_name_key as first_name,
        left(contact.first_name_key, 1) as first_initial,
        contact.family_name_key as family_name,
        left(contact.family_name_key, 1) as family_initial,
        contact.family_name_other_key as family_name_other,
        cast(null as string) as partner_name,
        contact.birth_date,
        contact.postcode,
        contact.house_number,
        coalesce(contact.sex_code, answer.sex) as sex,
        coalesce(cast(year(contact.birth_date) as int), answer.birth_year)
            as birth_year,
        answer.birth_month,
        answer.birth_country,
        drawn_unit.municipality,
        answer.arrival_year
    from candidate
    inner join interview on candidate.respondent_id = interview.respondent_id
    left outer join answer on candidate.respondent_id = answer.respondent_id
    left outer join drawn_unit
        on
            candidate.survey = drawn_unit.survey
            and candidate.survey_year = drawn_unit.survey_year
            and interview.respondent_key = drawn_unit.respondent_key
    left outer join contact
        on
            candidate.survey = contact.survey
            and candidate.survey_year = contact.survey_year
            and interview.respondent_key = contact.respondent_key
)

select * from final
