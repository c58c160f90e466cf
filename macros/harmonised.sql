{#- The code of a delivered answer: a visible token stands for a value that the file left missing,
    so that crosswalk rows can name it: `(system)` for SPSS's own missing, `(empty)` for blank. -#}
{% macro delivered_code() -%}
    coalesce(code, '(' || missing_kind || ')')
{%- endmacro %}


{#- A number as text, without trailing zeros: 1998, 0.45. Null for what is no number. -#}
{% macro number_text(expression) -%}
    rtrim(rtrim(cast(try_cast({{ expression }} as decimal(18, 6)) as string), '0'), '.')
{%- endmacro %}


{#- A delivered date as ISO text, by its layout: ddmmyy, yyyymmdd, dd-mm-yyyy ... A number has
    lost its leading zero, so it is padded to the layout's length. Null for what is no date. -#}
{% macro date_text(expression, layout) -%}
    {%- set padded = "lpad(" ~ expression ~ ", cast(len(" ~ layout ~ ") as int), '0')" -%}
    {%- set parts = [] -%}
    {%- for part in ['y', 'm', 'd'] -%}
        {%- set length = "len(" ~ layout ~ ") - len(replace(" ~ layout ~ ", '" ~ part ~ "', ''))" -%}
        {%- do parts.append(
            "substr(" ~ padded ~ ", strpos(" ~ layout ~ ", '" ~ part ~ "'), " ~ length ~ ")"
        ) -%}
    {%- endfor -%}
    {%- set dashed = parts | join(" || '-' || ") -%}
    cast(cast(
        case
            when {{ layout }} like '%yyyy%' then try_strptime({{ dashed }}, '%Y-%m-%d')
            when {{ layout }} like '%yy%' then try_strptime({{ dashed }}, '%y-%m-%d')
        end as date
    ) as string)
{%- endmacro %}


{#- Whether a crosswalk row holds on a day: rows without dates hold always. -#}
{% macro is_valid_on(day) -%}
    (code.valid_from is null or {{ day }} >= code.valid_from)
    and (code.valid_to is null or {{ day }} <= code.valid_to)
{%- endmacro %}
