{#- The harm: a new variable is silently left out of the imputation. Each
    harmonised variable of respondents has a method, or none and the reason. -#}
select variable.variable
from {{ ref('harmonised_variable') }} as variable
left outer join {{ ref('imputation_method') }} as method
    on variable.variable = method.variable
where
    variable.asked_of = 'respondent'
    and not variable.is_design
    and method.variable is null
