{%- set of_union = [
    'person_id', 'union_number', 'year', 'partner_id', 'union_type', 'union_start',
    'union_end', 'union_end_reason_code', 'partner_in_register',
    'is_union_on_last_day', 'lives_with_respondent'
] -%}
{%- set of_partner = contract_columns('mart_partner_year') | reject('in', of_union) | list -%}

with calendar as (
    select
        year,
        first_day,
        last_day
    from {{ ref('calendar_year') }}
    where year between {{ var('first_year') }} and {{ var('last_year') }}
),

-- Every year that the union touches; without a first day, from the start of the panel.
union_year as (
    select
        union_side.person_id,
        union_side.union_number,
        calendar.year,
        union_side.partner_id,
        union_side.union_type,
        union_side.union_start,
        union_side.union_end,
        union_side.union_end_reason_code,
        union_side.partner_in_register,
        coalesce(union_side.union_end > calendar.last_day, true) as is_union_on_last_day,
        same_household.person_id is not null as lives_with_respondent,
        union_side.partner_sex_code,
        union_side.partner_birth_year,
        union_side.partner_birth_country_code
    from {{ ref('panel_union') }} as union_side
    inner join calendar
        on
            coalesce(union_side.union_start <= calendar.last_day, true)
            and coalesce(union_side.union_end > calendar.first_day, true)
    left outer join {{ ref('panel_same_household') }} as same_household
        on
            union_side.partner_id = same_household.person_id
            and union_side.person_id = same_household.respondent_person_id
            and calendar.year = same_household.year
),

-- Of a partner outside the register only what the union itself says is known.
final as (
    select
        {% for column in of_union %}
        union_year.{{ column }},
        {% endfor %}
        {% for column in of_partner %}
        {% if column in ['sex_code', 'birth_year', 'birth_country_code'] %}
        coalesce(partner.{{ column }}, union_year.partner_{{ column }}) as {{ column }}
        {%- else %}
        partner.{{ column }}
        {%- endif %}{{ "," if not loop.last }}
        {% endfor %}
    from union_year
    left outer join {{ ref('panel_person_year') }} as partner
        on
            union_year.partner_id = partner.person_id
            and union_year.year = partner.year
)

select * from final
