{{ config(tags=['shared']) }}

with own as (
    select * from {{ ref('pop_person_row') }}
),

delivered as (
    select *
    from {{ resolved(ref('stg_person'), keep_number=true) }}
    where is_linkable
),

earlier as (
    select *
    from {{ resolved(ref('stg_person_version')) }}
    where is_linkable
),

-- What the rows of children and partners say of somebody.
of_relative as (
    {%- for parent in ['mother', 'father'] %}
    select
        link.{{ parent }}_key as person_key,
        'child_row' as attribute_source,
        child.{{ parent }}_sex_code as sex_code,
        child.{{ parent }}_birth_date as birth_date,
        year(child.{{ parent }}_birth_date) as birth_year,
        child.{{ parent }}_birth_country_code as birth_country_code
    from {{ resolved(
        ref('stg_parent_child'), ['person_key', 'mother_key', 'father_key'],
        keep_number=true
    ) }} as link
    inner join delivered as child
        on link.number_key = child.number_key
    where link.is_linkable and link.{{ parent }}_key is not null
    union all
    {%- endfor %}
    select
        partner_key as person_key,
        'partner_row' as attribute_source,
        partner_sex_code as sex_code,
        cast(null as date) as birth_date,
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

-- Where somebody born abroad was born, as other facts of the same register imply.
born_abroad as (
    select
        own.person_key,
        coalesce(
            own.origin_country_code,
            case when own.generation_code = '1' then own.origin_country_old_code end
        ) as origin_classification,
        case
            when own.mother_birth_country_code = own.father_birth_country_code
                then own.mother_birth_country_code
        end as parents,
        first_nationality.birth_country_code as nationality
    from own
    left outer join first_nationality
        on own.person_key = first_nationality.person_key
    where not own.is_born_in_nl
),

final as (
    select
        person_key,
        'person_register' as attribute_source,
        sex_code,
        birth_date,
        birth_date_is_imputed,
        birth_country_code
    from delivered
    union all
    -- An earlier version tells something of its own only where it differs.
    select
        earlier.person_key,
        'earlier_version' as attribute_source,
        nullif(earlier.sex_code, own.sex_code) as sex_code,
        nullif(earlier.birth_date, own.birth_date) as birth_date,
        earlier.birth_date_is_imputed,
        nullif(earlier.birth_country_code, own.birth_country_code)
            as birth_country_code
    from earlier
    inner join own
        on earlier.person_key = own.person_key
    union all
    -- A relative's row counts when the year of birth says that it means this person.
    select
        of_relative.person_key,
        of_relative.attribute_source,
        of_relative.sex_code,
        of_relative.birth_date,
        false as birth_date_is_imputed,
        of_relative.birth_country_code
    from of_relative
    inner join own
        on
            of_relative.person_key = own.person_key
            and of_relative.birth_year = year(own.birth_date)
    {%- for source in ['origin_classification', 'parents', 'nationality'] %}
    union all
    select
        person_key,
        '{{ source }}' as attribute_source,
        cast(null as string) as sex_code,
        cast(null as date) as birth_date,
        false as birth_date_is_imputed,
        {{ source }} as birth_country_code
    from born_abroad
    {%- endfor %}
)

select * from final
