-- Answers of respondents, and those that were due: asked, and refused, not known or lost.
with answer as (
    select
        respondent_id,
        variable,
        value,
        missing_kind
    from {{ ref('harm_value') }}
    where missing_kind is null or missing_kind not in ('not_asked', 'routed')
),

final as (
    select
        answer.respondent_id,
        answer.variable,
        method.method,
        answer.value,
        answer.missing_kind,
        answer.missing_kind is not null as is_due
    from answer
    inner join {{ ref('imputation_method') }} as method
        on answer.variable = method.variable
)

select * from final
