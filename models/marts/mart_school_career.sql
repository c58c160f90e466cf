with child as (
    select distinct person_id as child_id
    from {{ ref('panel_role') }}
    where relation = 'child'
),

school_year as (
    select school_year.*
    from {{ ref('panel_school_year') }} as school_year
    semi join child
        on school_year.person_id = child.child_id
),

-- Who repeats the last grade has two advices and two tests: the last ones count.
advice as (
    select *
    from {{ ref('panel_school_advice') }}
    where advice_track is not null or test_score is not null
    qualify row_number() over (partition by person_id order by year desc) = 1
),

third_year as (
    select
        person_id,
        school_year,
        school_track
    from school_year
    where education_sector = 'secondary' and grade = 3
    qualify row_number() over (partition by person_id order by school_year desc) = 1
),

pupil as (
    select
        person_id,
        year,
        primary_type_code
    from {{ ref('panel_school_advice') }}
),

person as (
    select
        person_id,
        year,
        age
    from {{ ref('panel_demography') }}
),

final as (
    select
        school_year.person_id as child_id,
        school_year.school_year,
        person.age,
        school_year.enrolment_series,
        school_year.education_sector,
        pupil.primary_type_code,
        school_year.enrolled_soi_code,
        school_year.school_track,
        school_year.grade,
        school_year.is_repeated_grade,
        cast(
            count(*) filter (where school_year.is_repeated_grade) over (
                partition by school_year.person_id
                order by school_year.school_year
            ) as int
        ) as repeated_grade_count,
        advice.advice_track,
        advice.revised_advice_track,
        advice.test_advice_track,
        advice.test_score,
        advice.arithmetic_level,
        advice.reading_level,
        advice.language_level,
        third_year.school_track as third_year_track,
        school_year.diploma_soi_code,
        school_year.is_dropout,
        school_year.education_sector in ('higher_professional', 'university')
            as is_in_higher_education
    from school_year
    left outer join person
        on
            school_year.person_id = person.person_id
            and school_year.school_year = person.year
    left outer join pupil
        on
            school_year.person_id = pupil.person_id
            and school_year.school_year = pupil.year
    left outer join advice
        on
            school_year.person_id = advice.person_id
            and school_year.school_year >= advice.year
    left outer join third_year
        on
            school_year.person_id = third_year.person_id
            and school_year.school_year >= third_year.school_year
)

select * from final
