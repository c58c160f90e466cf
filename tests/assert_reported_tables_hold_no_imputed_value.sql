{#- The harm: an imputed value passes for an answer. The cells of the cross-
    section that were imputed are empty in the tables that promise what was
    reported; an answer given on a second call is one that was reported. -#}
select
    log.row_key,
    log.variable
from {{ ref('mart_imputation_log') }} as log
inner join {{ ref('mart_harmonised_value') }} as reported
    on
        log.row_key = reported.respondent_id
        and log.variable = reported.variable
where
    log.table_name = 'mart_cross_section'
    and log.reason_code <> 'recontact'
    and reported.value is not null
