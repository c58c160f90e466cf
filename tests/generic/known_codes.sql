{% test known_codes(model, codes) %}
{% for column, list in codes.items() %}
select
    '{{ column }}' as column_name,
    found.{{ column }} as code,
    count(*) as row_count
from {{ model }} as found
anti join {{ ref(list[0]) }} as known
    on found.{{ column }} = known.{{ list[1] }}
where found.{{ column }} is not null
group by found.{{ column }}
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
