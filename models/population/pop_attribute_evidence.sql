{{ config(tags=['shared']) }}

{#- Per attribute its column, and when a value is weak: imputed, or told by a source
    that supports others and never decides alone. -#}
{%- set supports = ['parents', 'nationality', 'earlier_version'] -%}
{%- set attributes = {
    'sex': ('sex_code', 'attribute_source in (' ~ quoted(supports) ~ ')'),
    'birth_date': ('birth_date', 'birth_date_is_imputed'),
    'birth_country': (
        'birth_country_code', 'attribute_source in (' ~ quoted(supports) ~ ')'
    ),
} -%}

with source_row as (
    select * from {{ ref('pop_attribute_told') }}
),

told as (
    {%- for attribute_name, (column, is_weak) in attributes.items() %}
    select
        person_key,
        '{{ attribute_name }}' as attribute_name,
        attribute_source,
        cast({{ column }} as string) as attribute_value,
        {{ is_weak }} as is_weak
    from source_row
    where {{ column }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

reported as (
    {%- for attribute_name, (column, _) in attributes.items() %}
    select
        person_key,
        '{{ attribute_name }}' as attribute_name,
        cast({{ column }} as string) as reported_value
    from {{ ref('pop_person_row') }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        told.*,
        reported.reported_value
    from told
    inner join reported
        on
            told.person_key = reported.person_key
            and told.attribute_name = reported.attribute_name
),

disputed as (
    select distinct
        person_key,
        attribute_name
    from compared
    where
        coalesce(attribute_value <> reported_value, true)
        and attribute_source not in ('parents', 'nationality')
),

final as (
    select
        compared.person_key,
        compared.attribute_name,
        compared.attribute_source,
        compared.attribute_value,
        bool_and(compared.is_weak) as is_weak,
        max(compared.reported_value) as reported_value,
        cast(count(*) as int) as row_count
    from compared
    semi join disputed
        on
            compared.person_key = disputed.person_key
            and compared.attribute_name = disputed.attribute_name
    group by
        compared.person_key,
        compared.attribute_name,
        compared.attribute_source,
        compared.attribute_value
)

select * from final
