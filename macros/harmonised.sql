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
    lost its leading zero, so it is padded to the layout's length. A layout without a day means
    the 15th of the month. Null for what is no date. -#}
{% macro date_text(expression, layout) -%}
    {%- set padded = "lpad(" ~ expression ~ ", cast(len(" ~ layout ~ ") as int), '0')" -%}
    {%- set parts = [] -%}
    {%- for part in ['y', 'm', 'd'] -%}
        {%- set length = "len(" ~ layout ~ ") - len(replace(" ~ layout ~ ", '" ~ part ~ "', ''))" -%}
        {%- set start = "strpos(" ~ layout ~ ", '" ~ part ~ "')" -%}
        {%- do parts.append("substr(" ~ padded ~ ", " ~ start ~ ", " ~ length ~ ")") -%}
    {%- endfor -%}
    {%- do parts.append("coalesce(nullif(" ~ parts.pop() ~ ", ''), '15')") -%}
    {%- set dashed = parts | join(" || '-' || ") -%}
    cast(cast(
        case
            when {{ layout }} like '%yyyy%' then try_strptime({{ dashed }}, '%Y-%m-%d')
            when {{ layout }} like '%yy%' then try_strptime({{ dashed }}, '%y-%m-%d')
        end as date
    ) as string)
{%- endmacro %}


{#- First and last number of the members whom the braces of `P{1-8}AGE` name, as written; two
    empty texts where there are no braces, or none that can be read. -#}
{% macro member_range(source_variables) -%}
    list_value(
        {%- for group in [1, 2] %}
        regexp_extract({{ source_variables }}, '\{(\d+)-(\d+)\}', {{ group }})
        {{- "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{#- A member's number as it stands in names: as long as the first number at least. -#}
{% macro member_text(member_number, first_number) -%}
    lpad(
        cast({{ member_number }} as string),
        cast(greatest(
            len(cast({{ member_number }} as string)), len({{ first_number }})
        ) as int),
        '0'
    )
{%- endmacro %}


{#- The id of an interview, from the survey and the number within it. -#}
{% macro respondent_id(relation) -%}
    {{ relation }}.survey || {{ relation }}.survey_year || '-'
    || {{ relation }}.respondent_key
{%- endmacro %}


{#- The body of a CTE with every answer, by the names under which crosswalk rows are compared. -#}
{% macro delivered_answers() -%}
select
        survey,
        survey_year,
        respondent_key,
        lower(variable) as source_key,
        {{ delivered_code() }} as source_code
    from {{ ref('stg_survey_answer') }}
{%- endmacro %}


{#- Every answer beside what its code becomes: one row per interview and row of harm_code.
    Rows that hold for a period are joined apart, so that the many others take one hash join. -#}
{% macro recoded_answers(columns, condition) %}
with

interview as (
    select * from {{ ref('harm_interview') }}
),

code as (
    select * from {{ ref('harm_code') }}
    where {{ condition }}
),

answer as (
    {{ delivered_answers() }}
),

-- What holds for every interview of a survey hangs on a source of its own.
design_answer as (
    select
        *,
        '(design)' as source_key,
        '(all)' as source_code
    from interview
),

dated_answer as (
    select
        interview.*,
        answer.source_key,
        answer.source_code
    from answer
    inner join interview using (survey, survey_year, respondent_key)
    semi join (select * from code where has_period) as dated
        using (survey, survey_year, source_key, source_code)
),

recoded as (
    select
        {{ respondent_id('answer') }} as respondent_id
        {%- for column in columns %},
        code.{{ column }}
        {%- endfor %}
    from answer
    inner join code using (survey, survey_year, source_key, source_code)
    where not code.has_period
    {%- for relation, condition in [
        ('dated_answer', 'code.has_period'), ('design_answer', 'true')
    ] %}
    union all
    select
        {{ relation }}.respondent_id
        {%- for column in columns %},
        code.{{ column }}
        {%- endfor %}
    from {{ relation }}
    inner join code using (survey, survey_year, source_key, source_code)
    where
        {{ condition }}
        and coalesce({{ relation }}.interview_date >= code.valid_from, true)
        and coalesce({{ relation }}.interview_date <= code.valid_to, true)
    {%- endfor %}
)
{%- endmacro %}
