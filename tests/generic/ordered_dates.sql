{% test ordered_dates(model, start_date, end_date) %}
select *
from {{ model }}
where {{ start_date }} >= {{ end_date }}
{% endtest %}
