-- Of a refusal not even whether a link would exist is kept.
with delivered as (
    select * from {{ ref('id_delivered_key') }}
),

final as (
    select
        respondent_id,
        survey,
        survey_year,
        has_consented,
        case when has_consented then candidate_key end as candidate_key,
        has_consented and is_in_register as is_in_register,
        case when has_consented then link_problem end as link_problem
    from delivered
)

select * from final
