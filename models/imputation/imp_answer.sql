-- Answers of respondents, and those that were due: asked, and refused or not known.
-- What an error of the questionnaire lost is not drawn: a register or a second call may
-- know it.
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
        coalesce(answer.missing_kind in ('refused', 'dont_know', 'unknown'), false)
            as is_due
    from answer
    inner join {{ ref('imputation_method') }} as method
        on answer.variable = method.variable
    -- What comes from the frame is in the design; recodes would give an answer away.
    where method.method <> 'none'
)

select * from final
