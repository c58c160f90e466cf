{{ config(tags=['shared']) }}

{% set attributes = {
    'sex': 'sex_code', 'birth_date': 'birth_date', 'birth_country': 'birth_country_code'
} %}

with delivered as (
    select
        person.*,
        number.first_date
    from {{ resolved(ref('stg_person'), keep_number=true) }} as person
    inner join {{ ref('pop_number') }} as number
        on person.number_key = number.number_key
    where person.is_linkable
),

-- Of several numbers the one that came last holds the newest information.
own as (
    select *
    from delivered
    qualify row_number() over (
        partition by person_key
        order by
            first_date desc nulls last, birth_date_is_imputed asc, number_key asc,
            birth_date asc nulls last
    ) = 1
),

kin as (
    {%- for parent in ['mother', 'father'] %}
    select
        child.number_key,
        child.{{ parent }}_key as person_key,
        '{{ parent }}' as parent
    from {{ resolved(
        ref('stg_parent_child'), ['person_key', 'mother_key', 'father_key'],
        keep_number=true
    ) }} as child
    where child.is_linkable and child.{{ parent }}_key is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- What the rows of children and partners say of somebody; only rows that mean the same
-- person, which the year of birth shows.
of_parent as (
    select
        kin.person_key,
        'child_row' as attribute_source,
        case kin.parent
            when 'mother' then row_of_child.mother_sex_code
            else row_of_child.father_sex_code
        end as sex_code,
        case kin.parent
            when 'mother' then row_of_child.mother_birth_date
            else row_of_child.father_birth_date
        end as birth_date,
        case kin.parent
            when 'mother' then row_of_child.mother_birth_country_code
            else row_of_child.father_birth_country_code
        end as birth_country_code
    from kin
    inner join delivered as row_of_child
        on kin.number_key = row_of_child.number_key
),

of_partner as (
    select
        partner_key as person_key,
        'partner_row' as attribute_source,
        partner_sex_code as sex_code,
        partner_birth_year as birth_year,
        partner_birth_country_code as birth_country_code
    from {{ resolved(ref('stg_union'), ['person_key', 'partner_key']) }}
    where is_linkable and partner_key is not null
),

first_nationality as (
    select
        spell.person_key,
        min_by(nationality.country_code, spell.start_date) as birth_country_code
    from {{ resolved(ref('stg_nationality_spell')) }} as spell
    inner join {{ ref('nationality_country') }} as nationality
        on spell.nationality_code = nationality.nationality_code
    where spell.is_linkable
    group by spell.person_key
),

told as (
    {%- for attribute_name, column in attributes.items() %}
    select
        person_key,
        '{{ attribute_name }}' as attribute_name,
        'person_register' as attribute_source,
        cast({{ column }} as string) as attribute_value,
        {{ 'birth_date_is_imputed' if attribute_name == 'birth_date' else 'false' }}
            as is_weak
    from delivered
    where {{ column }} is not null
    union all
    select
        of_parent.person_key,
        '{{ attribute_name }}' as attribute_name,
        of_parent.attribute_source,
        cast(of_parent.{{ column }} as string) as attribute_value,
        false as is_weak
    from of_parent
    inner join own
        on
            of_parent.person_key = own.person_key
            and year(of_parent.birth_date) = year(own.birth_date)
    where of_parent.{{ column }} is not null
    union all
    {%- endfor %}
    {%- for attribute_name in ['sex', 'birth_country'] %}
    select
        of_partner.person_key,
        '{{ attribute_name }}' as attribute_name,
        of_partner.attribute_source,
        of_partner.{{ attribute_name }}_code as attribute_value,
        false as is_weak
    from of_partner
    inner join own
        on
            of_partner.person_key = own.person_key
            and of_partner.birth_year = year(own.birth_date)
    where of_partner.{{ attribute_name }}_code is not null
    union all
    {%- endfor %}
    select
        person_key,
        'birth_country' as attribute_name,
        'origin_classification' as attribute_source,
        coalesce(
            origin_country_code,
            case when generation_code = '1' then origin_country_old_code end
        ) as attribute_value,
        false as is_weak
    from own
    where not is_born_in_nl
    union all
    select
        person_key,
        'birth_country' as attribute_name,
        'parents' as attribute_source,
        mother_birth_country_code as attribute_value,
        true as is_weak
    from own
    where
        mother_birth_country_code = father_birth_country_code and not is_born_in_nl
    union all
    select
        first_nationality.person_key,
        'birth_country' as attribute_name,
        'nationality' as attribute_source,
        first_nationality.birth_country_code as attribute_value,
        true as is_weak
    from first_nationality
    inner join own
        on first_nationality.person_key = own.person_key
    where not own.is_born_in_nl
),

reported as (
    {%- for attribute_name, column in attributes.items() %}
    select
        person_key,
        '{{ attribute_name }}' as attribute_name,
        cast({{ column }} as string) as reported_value,
        {{ 'birth_date_is_imputed' if attribute_name == 'birth_date' else 'false' }}
            as reported_is_weak
    from own
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
    where told.attribute_value is not null
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
