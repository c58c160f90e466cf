{#- A person's key, or null when the pair of type and number identifies nobody. Only some key
    types do (var `linkable_key_types`); the number is nine digits with leading zeros. -#}
{% macro person_key(key_type, number) -%}
case
    when {{ is_person_key(key_type, number) }}
        then {{ key_type }} || {{ number }}
end
{%- endmacro %}

{#- Whether such a pair identifies anybody: never null, and cheaper to ask than for the key. -#}
{% macro is_person_key(key_type, number) -%}
coalesce(
            {{ key_type }} in ({{ quoted(var('linkable_key_types')) }})
            and length({{ number }}) = 9
            and try_cast({{ number }} as bigint) is not null,
            false
        )
{%- endmacro %}

{#- The three key columns that every staged register starts with. Rows without a usable key stay,
    so that they can be counted. -#}
{% macro key_columns(key_type='rinpersoons', number='rinpersoon') -%}
{{ key_type }} as key_type,
        {{ person_key(key_type, number) }} as person_key,
        {{ is_person_key(key_type, number) }} as is_linkable
{%- endmacro %}

{#- A list of values as SQL literals: text in quotes, numbers bare. -#}
{% macro quoted(values) -%}
{%- for value in values -%}
{{ value if value is number else "'" ~ value ~ "'" }}{{ ", " if not loop.last }}
{%- endfor -%}
{%- endmacro %}


{#- A staged relation in which every number is that of the person (pop_person_number): people with
    two numbers are one person from here on. `keys` are the columns that hold person keys;
    `keep_number` adds the number as delivered (number_key). `one_per` names the column (year) of
    which a person has one row: where a later number has one too, that of the first is left out. -#}
{% macro resolved(relation, keys=['person_key'], keep_number=false, one_per='none') -%}
{{ return(adapter.dispatch('resolved')(
    relation, keys | join(', '), 'true' if keep_number else 'false', one_per
)) }}
{%- endmacro %}

{% macro default__resolved(relation, key_list, keep_number, one_per) -%}
{%- set keys = key_list.split(', ') -%}
(
        select
            delivered.* except ({{ key_list }})
            {%- for key in keys %},
            coalesce(number_{{ loop.index }}.person_key, delivered.{{ key }}) as {{ key }}
            {%- endfor %}
            {%- if keep_number == 'true' %},
            delivered.{{ keys[0] }} as number_key
            {%- endif %}
        from {{ relation }} as delivered
        {%- for key in keys %}
        left outer join {{ ref('pop_person_number') }} as number_{{ loop.index }}
            on delivered.{{ key }} = number_{{ loop.index }}.number_key
        {%- endfor %}
        {%- if one_per != 'none' %}
        anti join (
            select
                several.person_key,
                later.{{ one_per }}
            from {{ relation }} as later
            inner join {{ ref('pop_person_number') }} as several
                on later.{{ keys[0] }} = several.number_key
            -- Keys say so already; beside the same filter on the whole relation DuckDB sees
            -- that this side is the small one.
            where later.is_linkable
        ) as later
            on
                delivered.{{ keys[0] }} = later.person_key
                and delivered.{{ one_per }} = later.{{ one_per }}
        {%- endif %}
    )
{%- endmacro %}
