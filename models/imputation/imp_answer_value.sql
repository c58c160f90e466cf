with drawn as (
    select
        cast(respondent_id as string) as respondent_id,
        cast(variable as string) as variable,
        cast(implicate as int) as implicate,
        cast(value as string) as value
    from {{ ref('imp_answer_drawn') }}
),

final as (
    select
        drawn.respondent_id,
        drawn.variable,
        drawn.implicate,
        answer.value as value_reported,
        answer.missing_kind,
        drawn.value,
        case
            when drawn.value is null then 'routed_by_imputed_filter'
            else 'item_nonresponse'
        end as reason_code
    from drawn
    inner join {{ ref('imp_answer') }} as answer
        on
            drawn.respondent_id = answer.respondent_id
            and drawn.variable = answer.variable
)

select * from final
