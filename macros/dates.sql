{#- A date from text YYYYMMDD; null when the text is no day of the calendar. -#}
{% macro text_to_date(column) -%}
{{ return(adapter.dispatch('text_to_date')(column)) }}
{%- endmacro %}

{#- Reads a text once where a cast would first put one together: a third of the time. It would
    also read past spaces in front; a date begins with a digit. -#}
{% macro default__text_to_date(column) -%}
case
    when {{ column }} >= '0'
        then cast(try_strptime(substr({{ column }}, 1, 8), '%Y%m%d') as date)
end
{%- endmacro %}

{% macro spark__text_to_date(column) -%}
try_cast(
    substr({{ column }}, 1, 4) || '-' || substr({{ column }}, 5, 2) || '-'
    || substr({{ column }}, 7, 2) as date
)
{%- endmacro %}

{#- A date from three text columns. An unknown month becomes July and an unknown day the first,
    the middle and the start of what is known; the caller keeps a flag. -#}
{% macro parts_to_date(year, month, day) -%}
try_cast(
    {{ known(year, 'year') }}
    || '-' || coalesce({{ known(month, 'month') }}, '07')
    || '-' || coalesce({{ known(day, 'day') }}, '01') as date
)
{%- endmacro %}

{#- Completed years between a birth date and a day. -#}
{% macro age_on(birth_date, day) -%}
cast(
    year({{ day }}) - year({{ birth_date }})
    - case
        when
            month({{ day }}) * 100 + day({{ day }})
            < month({{ birth_date }}) * 100 + day({{ birth_date }})
            then 1
        else 0
    end as int
)
{%- endmacro %}

{#- Days from one date to a later one. -#}
{% macro days_between(start_date, end_date) -%}
{{ return(adapter.dispatch('days_between')(start_date, end_date)) }}
{%- endmacro %}

{% macro default__days_between(start_date, end_date) -%}
cast({{ end_date }} - {{ start_date }} as int)
{%- endmacro %}

{% macro spark__days_between(start_date, end_date) -%}
datediff({{ end_date }}, {{ start_date }})
{%- endmacro %}

{#- The number of first days of a month in [start, end): whole months where spells change on the
    first of the month, as in SECMBUS. -#}
{% macro months_between(start_date, end_date) -%}
greatest(
    (year({{ end_date }} - 1) * 12 + month({{ end_date }} - 1))
    - (year({{ start_date }} - 1) * 12 + month({{ start_date }} - 1)),
    0
)
{%- endmacro %}

{#- The same day of another year; 29 February becomes the 28th where that year has none. -#}
{% macro same_day_in(year, day) -%}
coalesce(
    try_cast(
        cast({{ year }} as string) || substr(cast({{ day }} as string), 5) as date
    ),
    cast(cast({{ year }} as string) || '-02-28' as date)
)
{%- endmacro %}

{#- The body of a CTE with the years of the panel, their first and last days. -#}
{% macro panel_years() -%}
select
        year,
        first_day,
        last_day
    from {{ ref('calendar_year') }}
    where
        year between {{ var('first_year') }} and {{ var('last_year') }}
        and {{ rebuilt_years() }}
{%- endmacro %}
