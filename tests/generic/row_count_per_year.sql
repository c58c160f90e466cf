{% test row_count_per_year(model, maximum_change=none) %}
with counted as (
    select
        year,
        count(*) as row_count
    from {{ model }}
    group by year
),

expected as (
    select
        calendar.year,
        coalesce(counted.row_count, 0) as row_count
    from {{ ref('calendar_year') }} as calendar
    left outer join counted
        on calendar.year = counted.year
    where calendar.year between {{ var('first_year') }} and {{ var('last_year') }}
),

compared as (
    select
        *,
        lag(row_count) over (order by year) as previous_row_count
    from expected
)

select *
from compared
where
    row_count = 0
    {% if maximum_change is not none %}
    or row_count > previous_row_count * {{ maximum_change }}
    or row_count * {{ maximum_change }} < previous_row_count
    {% endif %}
{% endtest %}
