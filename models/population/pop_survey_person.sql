{{ config(tags=['shared']) }}

with area as (
    select
        address_key,
        year,
        municipality_code
    from {{ ref('stg_address_area') }}
),

division as (
    select
        min(year) as first_year,
        max(year) as last_year
    from area
),

-- Municipalities merge: people are placed by the division that the sample file uses.
survey as (
    select
        survey.survey,
        survey.survey_year,
        least(
            greatest(survey.division_year, division.first_year), division.last_year
        ) as area_year
    from {{ ref('survey_population') }} as survey
    cross join division
),

-- Education is registered on 1 October. Levels are delivered from 2013 on; earlier
-- files only name the programme.
education as (
    select
        education.person_key,
        education.year,
        education.record_weight,
        coalesce(
            education.attained_soi2021_code,
            education.attained_soi2016_code,
            programme.soi_level_code
        ) as attained_code
    from {{ resolved(ref('stg_education')) }} as education
    left outer join {{ ref('education_programme') }} as programme
        on education.attained_programme_code = programme.programme_code
    where education.is_linkable
    qualify row_number() over (
        partition by education.person_key, education.year
        order by
            coalesce(
                education.attained_soi2021_code,
                education.attained_soi2016_code,
                programme.soi_level_code
            ) desc nulls last,
            education.record_weight asc nulls last
    ) = 1
),

dated as (
    select
        member.*,
        address.address_key,
        survey.area_year,
        year(member.stock_date)
        - case when month(member.stock_date) < 10 then 1 else 0 end as education_year
    from {{ ref('pop_survey_member') }} as member
    inner join survey
        on member.survey = survey.survey and member.survey_year = survey.survey_year
    left outer join {{ ref('pop_address_spell') }} as address
        on
            member.person_key = address.person_key
            and {{ covers(
                'address.start_date', 'address.end_date', 'member.stock_date'
            ) }}
),

final as (
    select
        dated.survey,
        dated.survey_year,
        dated.stock,
        dated.person_key,
        dated.origin_group,
        area.municipality_code,
        -- The few records that tell no sex count as either, by a hash of the person.
        coalesce(
            dated.sex_code,
            case when substr(md5(dated.person_key), 1, 1) < '8' then '1' else '2' end
        ) as sex,
        age_band.category as age,
        dated.generation_code as generation,
        coalesce(region.region, 'other') as region,
        case
            when dated.generation_code = '1' then residence_band.category
            else 'born_here'
        end as residence,
        school_level.education_level,
        education.record_weight as education_weight,
        dated.is_resident_at_start
    from dated
    inner join {{ ref('pop_survey_band') }} as age_band
        on
            dated.survey = age_band.survey
            and dated.survey_year = age_band.survey_year
            and age_band.margin = 'age'
            and dated.age_reached >= age_band.lower_value
            and dated.age_reached < age_band.upper_value
    inner join {{ ref('pop_survey_band') }} as residence_band
        on
            dated.survey = residence_band.survey
            and dated.survey_year = residence_band.survey_year
            and residence_band.margin = 'residence'
            and dated.residence_years >= residence_band.lower_value
            and dated.residence_years < residence_band.upper_value
    left outer join area
        on dated.address_key = area.address_key and dated.area_year = area.year
    left outer join {{ ref('municipality_region') }} as region
        on area.municipality_code = region.municipality_code
    left outer join education
        on
            dated.person_key = education.person_key
            and dated.education_year = education.year
    left outer join {{ ref('education_level') }} as school_level
        on education.attained_code = school_level.soi_level_code
)

select * from final
