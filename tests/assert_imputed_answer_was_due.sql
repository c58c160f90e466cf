{#- The harm: an answer is made up for somebody who was never asked, or to whom
    the question did not apply. -#}
select
    imputed.respondent_id,
    imputed.variable
from {{ ref('imp_answer_value') }} as imputed
left outer join {{ ref('harm_value') }} as reported
    on
        imputed.respondent_id = reported.respondent_id
        and imputed.variable = reported.variable
where
    coalesce(reported.missing_kind, 'answered')
    not in ('refused', 'dont_know', 'unknown')
