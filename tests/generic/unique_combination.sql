{% test unique_combination(model, columns, where_linkable=false) %}
{{ config(fail_calc='coalesce(sum(row_count), 0)') }}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
{% if where_linkable %}
where is_linkable
{% endif %}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns %}
    or {{ column }} is null
    {% endfor %}
{% endtest %}
