{#- The harm: an imputed value overrides what somebody said. Nothing that is
    logged as imputed was reported, survey answers in the place of a permit apart. -#}
select
    table_name,
    row_key,
    variable,
    implicate
from {{ ref('mart_imputation_log') }}
where reported_value is not null and reason_code <> 'survey_answer'
