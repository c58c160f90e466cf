{% test relationship(model, column, to, to_column='person_id') %}
select child.{{ column }}
from {{ model }} as child
anti join {{ to }} as parent
    on child.{{ column }} = parent.{{ to_column }}
where child.{{ column }} is not null
{% endtest %}
