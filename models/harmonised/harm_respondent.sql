with

interview as (
    select * from {{ ref('harm_interview') }}
),

design_value as (
    select
        respondent_id,
        max(value) filter (where variable = 'mode') as mode,
        max(value) filter (where variable = 'consent_linkage') as consent_linkage
    from {{ ref('harm_value') }}
    group by respondent_id
),

drawn_unit as (
    select
        respondent_id,
        sample_number,
        stratum,
        cluster
    from {{ ref('harm_drawn_unit') }}
    where respondent_id is not null
),

final as (
    select
        interview.respondent_id,
        interview.survey,
        interview.survey_year,
        interview.respondent_key,
        interview.interview_date,
        design_value.mode,
        design_value.consent_linkage,
        drawn_unit.sample_number,
        drawn_unit.stratum,
        drawn_unit.cluster
    from interview
    left outer join design_value using (respondent_id)
    left outer join drawn_unit using (respondent_id)
)

select * from final
