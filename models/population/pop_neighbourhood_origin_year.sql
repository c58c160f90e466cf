{{ config(tags=['shared']) }}

with home as (
    select * from {{ ref('pop_home_year') }}
),

area as (
    select
        address_key,
        year,
        neighbourhood_code
    from {{ ref('stg_address_area') }}
    where neighbourhood_code is not null
),

person as (
    select
        person_key,
        origin_group,
        is_born_in_nl
    from {{ ref('pop_person') }}
),

-- Two series that are not mixed: a year's income comes from one of them.
income as (
    select
        person_key,
        year,
        personal_income_eur
    from {{ resolved(ref('stg_person_income_2003'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('persoonink') }}
    union all
    select
        person_key,
        year,
        personal_income_eur
    from {{ resolved(ref('stg_person_income'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('inpatab') }}
),

final as (
    select
        area.neighbourhood_code,
        home.year,
        person.origin_group,
        person.is_born_in_nl,
        count(*) as resident_count,
        count(income.personal_income_eur) as income_count,
        sum(income.personal_income_eur) as income_sum_eur
    from home
    inner join area
        on
            home.address_key = area.address_key
            and home.year = area.year
    inner join person
        on home.person_key = person.person_key
    left outer join income
        on
            home.person_key = income.person_key
            and home.year = income.year
    group by
        area.neighbourhood_code,
        home.year,
        person.origin_group,
        person.is_born_in_nl
)

select * from final
