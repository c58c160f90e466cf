with own_row as (
    select
        survey,
        survey_year,
        respondent_key,
        decision,
        decided_on
    from {{ ref('consent') }}
    union all
    select
        survey,
        survey_year,
        respondent_key,
        decision,
        decided_on
    from {{ ref('stg_overlay_consent') }}
),

interview as (
    select
        respondent_id,
        survey,
        survey_year,
        respondent_key,
        count(*) over (
            partition by survey, survey_year, ltrim(respondent_key, '0')
        ) as alike_count
    from {{ ref('harm_respondent') }}
),

wave as (
    select distinct
        survey,
        survey_year
    from interview
),

-- A number with other leading zeros is the respondent's when only one can be meant.
matched as (
    select
        own_row.*,
        interview.respondent_id,
        wave.survey is not null as is_delivered,
        own_row.respondent_key = interview.respondent_key as is_same_key
    from own_row
    left outer join wave
        on own_row.survey = wave.survey and own_row.survey_year = wave.survey_year
    left outer join interview
        on
            own_row.survey = interview.survey
            and own_row.survey_year = interview.survey_year
            and (
                own_row.respondent_key = interview.respondent_key
                or (
                    ltrim(own_row.respondent_key, '0')
                    = ltrim(interview.respondent_key, '0')
                    and interview.alike_count = 1
                )
            )
),

ranked as (
    select
        *,
        case
            when respondent_id is not null
                then rank() over (
                    partition by respondent_id
                    order by coalesce(decided_on, {{ far_future() }}) desc
                ) = 1
        end as is_latest
    from matched
),

final as (
    select
        survey,
        survey_year,
        respondent_key,
        respondent_id,
        decision,
        decided_on,
        coalesce(is_latest, false) as is_latest,
        case
            when not is_delivered then 'consent_wave_unknown'
            when respondent_id is null then 'consent_respondent_unknown'
            when
                is_latest
                and count(distinct decision) over (
                    partition by respondent_id, is_latest
                ) > 1
                then 'consent_contradictory'
            when not is_same_key then 'consent_key_width'
        end as link_problem
    from ranked
)

select * from final
