{#- A person's key, or null when the pair of type and number identifies nobody. Only some key
    types do (var `linkable_key_types`); the number is nine digits with leading zeros. -#}
{% macro person_key(key_type, number) -%}
case
    when
        {{ key_type }} in ({{ quoted(var('linkable_key_types')) }})
        and length({{ number }}) = 9
        and try_cast({{ number }} as bigint) is not null
        then {{ key_type }} || {{ number }}
end
{%- endmacro %}

{#- The three key columns that every staged register starts with. Rows without a usable key stay,
    so that they can be counted. -#}
{% macro key_columns(key_type='rinpersoons', number='rinpersoon') -%}
{{ key_type }} as key_type,
        {{ person_key(key_type, number) }} as person_key,
        {{ person_key(key_type, number) }} is not null as is_linkable
{%- endmacro %}

{#- A list of values as SQL literals: text in quotes, numbers bare. -#}
{% macro quoted(values) -%}
{%- for value in values -%}
{{ value if value is number else "'" ~ value ~ "'" }}{{ ", " if not loop.last }}
{%- endfor -%}
{%- endmacro %}
