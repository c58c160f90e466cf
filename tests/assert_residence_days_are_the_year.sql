{#- The harm: time at risk is wrong when the days of a year are counted twice or not at
    all. -#}
select
    residence.person_id,
    residence.year
from {{ ref('panel_residence') }} as residence
inner join {{ ref('calendar_year') }} as calendar
    on residence.year = calendar.year
where
    residence.resident_days
    + residence.abroad_days
    + residence.not_born_days
    + residence.dead_days
    <> calendar.day_count
    or residence.residence_status is null
