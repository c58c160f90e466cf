{{ config(tags=['shared']) }}

{% set register_start = "date '" ~ var('register_start') ~ "'" %}

-- Where a survey precedes the registers its population is counted when they start, and
-- projected back by how such people changed in number over as long a time after it.
with stock as (
    select
        survey.*,
        'reference' as stock,
        greatest(reference_date, {{ register_start }}) as stock_date,
        reference_date as age_date
    from {{ ref('survey_population') }} as survey
    union all
    select
        survey.*,
        'start' as stock,
        {{ register_start }} as stock_date,
        {{ register_start }} as age_date
    from {{ ref('survey_population') }} as survey
    where reference_date < {{ register_start }}
    union all
    select
        survey.*,
        'later' as stock,
        {{ register_start }}
        + {{ days_between('reference_date', register_start) }} as stock_date,
        {{ register_start }} as age_date
    from {{ ref('survey_population') }} as survey
    where reference_date < {{ register_start }}
),

first_residence as (
    select
        person_key,
        min(start_date) as first_residence_date
    from {{ ref('pop_residence_spell') }}
    where status = 'resident'
    group by person_key
),

-- Persons in private households, of the groups and ages of the survey.
member as (
    select
        stock.survey,
        stock.survey_year,
        stock.stock,
        stock.stock_date,
        stock.unit,
        person.person_key,
        person.sex_code,
        person.generation_code,
        population.origin_group,
        year(stock.age_date) - year(person.birth_date) as age_reached,
        first_residence.first_residence_date,
        household.household_key,
        household.is_reference_person,
        household.is_reference_person or place.is_partner as is_head_or_partner
    from stock
    inner join {{ ref('pop_residence_spell') }} as spell
        on {{ covers('spell.start_date', 'spell.end_date', 'stock.stock_date') }}
    inner join {{ ref('pop_person') }} as person
        on spell.person_key = person.person_key
    inner join {{ ref('survey_population_group') }} as population
        on
            stock.survey = population.survey
            and stock.survey_year = population.survey_year
            and population.origin_group = case stock.origin_classification
                when '2022' then person.origin_group
                else person.origin_group_old
            end
    inner join first_residence
        on spell.person_key = first_residence.person_key
    inner join {{ ref('pop_household_spell') }} as household
        on
            spell.person_key = household.person_key
            and {{ covers(
                'household.start_date', 'household.end_date', 'stock.stock_date'
            ) }}
    inner join {{ ref('household_type') }} as household_type
        on household.household_type_code = household_type.household_type_code
    left outer join {{ ref('household_place') }} as place
        on household.household_place_code = place.household_place_code
    where
        spell.status = 'resident'
        and not household_type.is_institution
        and {{ age_on('person.birth_date', 'stock.age_date') }}
        between stock.age_from and coalesce(stock.age_to, 999)
        and (
            population.arrived_from is null
            or (
                person.generation_code = '1'
                and first_residence.first_residence_date >= population.arrived_from
            )
        )
),

-- A household is drawn when its head belongs to the groups, and is of age.
headed as (
    select
        *,
        max(case when is_reference_person then 1 else 0 end) over (
            partition by survey, survey_year, stock, household_key
        ) as head_count
    from member
    where unit = 'person' or is_head_or_partner
),

final as (
    select
        survey,
        survey_year,
        stock,
        stock_date,
        person_key,
        origin_group,
        generation_code,
        sex_code,
        age_reached,
        case
            when first_residence_date <= {{ register_start }} then 998
            else {{ age_on('first_residence_date', 'stock_date') }}
        end as residence_years,
        first_residence_date <= {{ register_start }} as is_resident_at_start
    from headed
    where unit = 'person' or head_count = 1
)

select * from final
