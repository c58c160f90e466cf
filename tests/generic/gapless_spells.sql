{% test gapless_spells(model, key) %}
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
    coalesce(end_date, {{ far_future() }})
    <> coalesce(next_start_date, {{ far_future() }})
{% endtest %}
