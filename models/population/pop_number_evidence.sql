{{ config(tags=['shared']) }}

{% set evidence = {
    'sex': ['sex_code', 'later_sex_code'],
    'birth_date': ['birth_date', 'later_birth_date'],
    'birth_country': ['birth_country_code', 'later_birth_country_code'],
    'mother': ['mother', 'later_mother'],
    'father': ['father', 'later_father'],
    'relative': ['relation', 'relation'],
    'route': ['departure_country_code', 'arrival_country_code'],
    'death': ['death_date', 'first_date'],
    'civil_status': ['was_in_union', 'starts_in_first_status'],
} %}

with comparison as (
    select * from {{ ref('pop_number_comparison') }}
),

final as (
    {%- for name, values in evidence.items() %}
    select
        number_key,
        later_number_key,
        '{{ name }}' as evidence,
        cast({{ values[0] }} as string) as number_value,
        cast({{ values[1] }} as string) as later_number_value,
        {{ name }}_result as result
    from comparison
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select * from final
