{%- set of_union = [
    'person_id', 'union_number', 'year', 'partner_id', 'partner_number', 'union_type',
    'union_start', 'union_end', 'union_end_reason_code', 'couple_start',
    'overlaps_another', 'partner_in_register', 'is_union_on_last_day', 'is_main_union',
    'lives_with_respondent'
] -%}
{%- set of_pair = [
    'has_same_origin_group', 'has_same_generation', 'education_level_gap',
    'partner_older_years', 'partner_arrived_later_years',
    'partner_arrived_after_union'
] -%}
{#- Of a partner outside the register only what the union itself says is known. -#}
{%- set of_both = ['sex_code', 'birth_year', 'birth_country_code', 'origin_group'] -%}
{%- set of_partner = model.columns
    | reject('in', of_union + of_pair + of_both) | list -%}

with union_year as (
    select
        union_year.*,
        country.origin_group as partner_origin_group
    from {{ ref('panel_union_year') }} as union_year
    left outer join {{ ref('country') }} as country
        on union_year.partner_birth_country_code = country.country_code
),

pair as (
    select
        {% for column in of_union %}
        union_year.{{ column }},
        {% endfor %}
        {% for column in of_partner %}
        partner.{{ column }},
        {% endfor %}
        {% for column in of_both %}
        coalesce(partner.{{ column }}, union_year.partner_{{ column }})
            as {{ column }},
        {% endfor %}
        respondent.origin_group as respondent_origin_group,
        respondent.generation_code as respondent_generation_code,
        respondent.education_level as respondent_education_level,
        respondent.birth_year as respondent_birth_year,
        respondent.first_arrival_year as respondent_first_arrival_year
    from union_year
    inner join {{ ref('mart_person_year') }} as respondent
        on
            union_year.person_id = respondent.person_id
            and union_year.year = respondent.year
    left outer join {{ ref('mart_person_year') }} as partner
        on
            union_year.partner_id = partner.person_id
            and union_year.year = partner.year
),

final as (
    select
        {% for column in of_union + of_partner + of_both %}
        {{ column }},
        {% endfor %}
        origin_group = respondent_origin_group as has_same_origin_group,
        generation_code = respondent_generation_code as has_same_generation,
        cast(education_level - respondent_education_level as int)
            as education_level_gap,
        cast(respondent_birth_year - birth_year as int) as partner_older_years,
        cast(first_arrival_year - respondent_first_arrival_year as int)
            as partner_arrived_later_years,
        first_arrival_year >= cast(year(couple_start) as int)
            as partner_arrived_after_union
    from pair
)

select * from final
