{#- The harm: more months in a year than there are, so that work and benefit are counted
    twice. -#}
select
    person_id,
    year
from {{ ref('panel_labour') }}
where
    employee_months
    + self_employed_months
    + benefit_months
    + pension_months
    + student_months
    + no_income_months
    > 12
