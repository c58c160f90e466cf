{% test columns_within(model, columns, maximum) %}
with total as (
    select
        *,
        {{ columns | join(' + ') }} as columns_total
    from {{ model }}
)

select *
from total
where columns_total < 0 or columns_total > {{ maximum }}
{% endtest %}
