with key_problem as (
    select
        survey,
        survey_year,
        link_problem,
        respondent_id as example
    from {{ ref('id_candidate') }}
    where link_problem is not null
    union all
    select
        survey,
        survey_year,
        'key_used_twice' as link_problem,
        respondent_id as example
    from {{ ref('id_candidate') }}
    where is_in_register
    qualify count(*) over (partition by survey, survey_year, candidate_key) > 1
),

consent_problem as (
    select
        survey,
        survey_year,
        link_problem,
        respondent_key as example
    from {{ ref('id_consent_decision') }}
    where link_problem is not null
),

problem as (
    select * from key_problem
    union all
    select * from consent_problem
),

final as (
    select
        survey,
        survey_year,
        link_problem,
        cast(count(*) as int) as row_count,
        min(example) as example
    from problem
    group by survey, survey_year, link_problem
)

select * from final
