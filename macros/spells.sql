{#- The exclusive end of a spell from its delivered inclusive last day, or null while it lasts.
    Three spellings of "still lasts": a marker (var `open_end_markers`), nothing at all, and the
    last day of the delivered version. A spell that truly ends on that day cannot be told apart. -#}
{% macro spell_end(column, version_year='file_year') -%}
case
    when coalesce({{ column }}, '') in ('', {{ quoted(var('open_end_markers')) }}) then null
    when {{ column }} >= cast({{ version_year }} as string) || '1231' then null
    else {{ text_to_date(column) }} + 1
end
{%- endmacro %}

{#- True when [start, end) covers the day; an open spell has no end. -#}
{% macro covers(start_date, end_date, day) -%}
{{ start_date }} <= {{ day }} and coalesce({{ end_date }} > {{ day }}, true)
{%- endmacro %}

{#- The day that stands for "no end yet" inside a calculation, never in a result. -#}
{% macro far_future() -%}
date '2999-12-31'
{%- endmacro %}

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

{#- The body of a CTE: of several spells of a person from one day on, the one that lasts longest,
    and of those as long the first by another column. Spells that end before they start are left
    out. -#}
{% macro longest_per_start(relation, then_by) -%}
select *
    from {{ relation }}
    where start_date is not null and coalesce(end_date > start_date, true)
    qualify row_number() over (
        partition by person_key, start_date
        order by coalesce(end_date, {{ far_future() }}) desc, {{ then_by }}
    ) = 1
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

{#- The number of the run that a row belongs to, in the order of start_date: a row opens a new run
    unless `goes_on` holds, a condition on the row. -#}
{% macro run_number(goes_on, partition) -%}
sum(case when {{ goes_on }} then 0 else 1 end) over (
    partition by {{ partition }}
    order by start_date
    rows between unbounded preceding and current row
)
{%- endmacro %}
