{#- Why a value of a yearly source is missing: null when it is there; `unknown` when the person
    is in the source and the value is not; else whether a file of the year was delivered
    (seed `panel_missing_reason`). -#}
{% macro missing_reason(value, is_present, is_delivered) -%}
case
            when {{ value }} is not null then null
            when {{ is_present }} then 'unknown'
            when {{ is_delivered }} then 'not_in_population'
            else 'not_delivered'
        end
{%- endmacro %}

{#- The join on what a delivered negative code means for a column (seed
    `missing_number_code`). -#}
{% macro missing_code_join(column, relation) -%}
left outer join {{ ref('missing_number_code') }} as {{ column }}_code
        on
            {{ column }}_code.column_name = '{{ column }}'
            and {{ relation }}.{{ column }}_missing_code
            = {{ column }}_code.missing_code
{%- endmacro %}

{#- The body of a CTE with the factor from euros of each year to euros of var `price_year`. -#}
{% macro real_factor() -%}
select
        price_index.year,
        cast(base.price_index / price_index.price_index as decimal(12, 8))
            as real_factor
    from {{ ref('price_index') }} as price_index
    cross join {{ ref('price_index') }} as base
    where base.year = {{ var('price_year') }}
{%- endmacro %}

{#- Whole euros of var `price_year`. Expects a relation `price` made with `real_factor`. -#}
{% macro real_eur(amount) -%}
cast(round({{ amount }} * price.real_factor, 0) as bigint)
{%- endmacro %}

{#- One whole count over another, as a decimal: divisions of whole numbers differ by engine. -#}
{% macro ratio(part, whole) -%}
cast(
            cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0)
            as decimal(14, 4)
        )
{%- endmacro %}

{#- The share of a neighbourhood's residents, and a value that is told of large neighbourhoods
    only. Expect a relation `described` with resident_count and is_large_enough. -#}
{% macro share(count) -%}
{{ ratio(count, 'described.resident_count') }}
{%- endmacro %}

{% macro if_large(value) -%}
case when described.is_large_enough then {{ value }} end
{%- endmacro %}

{#- True in the years for which the catalogue names a register as the source: of two registers
    that follow each other only one counts in a year, also when both delivered it. -#}
{% macro in_catalogue_years(stem) -%}
year between (
            select coalesce(min(first_year), 0) from {{ ref('catalogue_stem') }}
            where stem = '{{ stem }}'
        ) and (
            select coalesce(min(last_year), 9999) from {{ ref('catalogue_stem') }}
            where stem = '{{ stem }}'
        )
{%- endmacro %}

{#- The text of the row that comes last, also when it has none there: DuckDB's max_by passes over
    nulls and Spark's does not. -#}
{% macro last_value_of(text, position, condition=none) -%}
nullif(
            max_by(coalesce({{ text }}, ''), {{ position }})
            {{ "filter (where " ~ condition ~ ")" if condition is not none }}, ''
        )
{%- endmacro %}
