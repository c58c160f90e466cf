{%- set of_union = [
    'person_id', 'union_number', 'year', 'partner_id', 'union_type', 'union_start',
    'union_end', 'union_end_reason_code', 'partner_in_register',
    'is_union_on_last_day', 'lives_with_respondent'
] -%}
{#- Of a partner outside the register only what the union itself says is known. -#}
{%- set of_both = ['sex_code', 'birth_year', 'birth_country_code'] -%}
{%- set of_partner = model.columns | reject('in', of_union + of_both) -%}

with union_year as (
    select * from {{ ref('panel_union_year') }}
),

final as (
    select
        {% for column in of_union %}
        union_year.{{ column }},
        {% endfor %}
        {% for column in of_partner %}
        partner.{{ column }},
        {% endfor %}
    {% for column in of_both %}
    coalesce(partner.{{ column }}, union_year.partner_{{ column }})
        as {{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from union_year
    left outer join {{ ref('panel_person_year') }} as partner
        on
            union_year.partner_id = partner.person_id
            and union_year.year = partner.year
)

select * from final
