-- Answers that an error of the questionnaire lost: given after all when respondents
-- were called again, known to a register, or still missing.
with answer as (
    select
        respondent_id,
        variable,
        value,
        missing_kind,
        source_variable
    from {{ ref('harm_value') }}
),

recontact as (
    select
        survey || cast(survey_year as string) as wave,
        variable,
        source_variable
    from {{ ref('recontact_variable') }}
),

lost as (
    select
        answer.respondent_id,
        answer.variable,
        answer.value,
        recontact.source_variable is not null
        and answer.value is not null as is_recontact
    from answer
    left outer join recontact
        on
            answer.variable = recontact.variable
            and answer.source_variable = recontact.source_variable
            and answer.respondent_id like recontact.wave || '-%'
    where
        answer.missing_kind = 'technical_error'
        or (recontact.source_variable is not null and answer.value is not null)
),

final as (
    select
        lost.respondent_id,
        lost.variable,
        cast(null as string) as value_reported,
        case
            when lost.is_recontact then lost.value
            when item.is_true then substitution.value_if_true
            when not item.is_true then substitution.value_if_false
        end as value,
        case
            when lost.is_recontact then 'recontact'
            when item.is_true is not null then 'register_at_interview'
        end as reason_code
    from lost
    left outer join {{ ref('imputation_substitution') }} as substitution
        on lost.variable = substitution.variable
    left outer join {{ ref('imp_register_item') }} as item
        on
            lost.respondent_id = item.respondent_id
            and substitution.register_item = item.register_item
)

select * from final
