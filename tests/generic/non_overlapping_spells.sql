{% test non_overlapping_spells(model, key) %}
with spell as (
    select
        *,
        lead(start_date) over (
            partition by {{ key }} order by start_date
        ) as next_start_date
    from {{ model }}
)

select *
from spell
where
    start_date >= end_date
    or coalesce(end_date, {{ far_future() }}) > next_start_date
{% endtest %}
