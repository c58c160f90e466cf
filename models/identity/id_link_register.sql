{% set is_rich = linkage_fields() == 'rich' %}

-- A wave is compared with the register on its first day; who was interviewed before the
-- registers start, with their first day.
with wave as (
    select
        wave,
        greatest(
            coalesce(
                min(interview_date), make_date(cast(right(wave, 4) as int), 7, 1)
            ),
            date '{{ var("register_start") }}'
        ) as first_day
    from {{ ref('id_link_interview') }}
    group by wave
),

-- The home on the day, or else the one nearest before it or within a year after it.
home as (
    select
        wave.wave,
        wave.first_day,
        spell.person_key,
        spell.address_key
    from {{ ref('pop_address_spell') }} as spell
    inner join wave
        on
            spell.start_date <= wave.first_day + 365
            and coalesce(spell.end_date > wave.first_day - 365, true)
    qualify row_number() over (
        partition by wave.wave, spell.person_key
        order by
            spell.start_date > wave.first_day,
            abs(wave.first_day - spell.start_date)
    ) = 1
),

area as (
    select
        address_key,
        year,
        municipality_code
    from {{ ref('stg_address_area') }}
),

first_area_year as (
    select min(year) as year from area
),

arrival as (
    select
        person_key,
        cast(min(year(start_date)) as int) as arrival_year
    from {{ ref('pop_residence_spell') }}
    where
        status = 'resident'
        and start_reason not in ('birth', 'register_start')
    group by person_key
),

-- Somebody with two numbers has two names; the first in order counts.
person_name as (
    select
        person_key,
        {{ name_key("split_part(min(given_names), ' ', 1)") }} as first_name,
        {{ name_key("min(family_name)") }} as family_name,
        {{ name_key("min(partner_name)") }} as partner_name
    from {{ ref('stg_person_name') }}
    where is_linkable and {{ is_rich }}
    group by person_key
),

address_name as (
    select
        address_key,
        min(house_number) as house_number,
        min(postcode) as postcode
    from {{ ref('stg_address_name') }}
    where {{ is_rich }}
    group by address_key
),

final as (
    select
        home.wave,
        home.person_key,
        person_name.first_name,
        left(person_name.first_name, 1) as first_initial,
        person_name.family_name,
        left(person_name.family_name, 1) as family_initial,
        cast(null as string) as family_name_other,
        person_name.partner_name,
        person.birth_date,
        address_name.postcode,
        address_name.house_number,
        person.sex_code as sex,
        cast(year(person.birth_date) as int) as birth_year,
        case
            when not coalesce(person.birth_date_is_imputed, false)
                then cast(month(person.birth_date) as int)
        end as birth_month,
        country.origin_group as birth_country,
        area.municipality_code as municipality,
        arrival.arrival_year
    from home
    inner join {{ ref('pop_person') }} as person
        on home.person_key = person.person_key
    cross join first_area_year
    left outer join {{ ref('country') }} as country
        on person.birth_country_code = country.country_code
    left outer join area
        on
            home.address_key = area.address_key
            and greatest(year(home.first_day), first_area_year.year) = area.year
    left outer join arrival on home.person_key = arrival.person_key
    left outer join person_name on home.person_key = person_name.person_key
    left outer join address_name on home.address_key = address_name.address_key
)

select * from final
