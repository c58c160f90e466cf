{#- The end of a spell, cut where the same person's next spell starts: successive spells of one
    person never overlap. Expects columns person_key and start_date. -#}
{% macro cut_at_next(end_date) -%}
case
    when
        coalesce({{ end_date }}, {{ far_future() }})
        > lead(start_date) over (partition by person_key order by start_date)
        then lead(start_date) over (partition by person_key order by start_date)
    else {{ end_date }}
end
{%- endmacro %}

{#- The latest end among the spells that started before this one: a spell that starts after it
    (plus slack) opens a new run. Expects start_date, at most once per partition: spells from one
    day on have no order, and a run number made from them would change between builds. -#}
{% macro reached_before(end_date, partition) -%}
max({{ end_date }}) over (
    partition by {{ partition }}
    order by start_date
    rows between unbounded preceding and 1 preceding
)
{%- endmacro %}
