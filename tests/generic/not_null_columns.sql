{% test not_null_columns(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns %}
    {{ column }} is null{{ " or" if not loop.last }}
    {% endfor %}
{% endtest %}
