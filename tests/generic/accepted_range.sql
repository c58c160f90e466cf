{% test accepted_range(model, column, minimum=none, maximum=none) %}
select {{ column }}
from {{ model }}
where
    false
    {% if minimum is not none %}
    or {{ column }} < {{ minimum }}
    {% endif %}
{% if maximum is not none %}
    or {{ column }} > {{ maximum }}
    {% endif %}
{% endtest %}
