{{ config(tags=['shared']) }}

with enrolment as (
    select
        enrolled.person_id,
        enrolled.year as school_year,
        enrolled.enrolment_series,
        coalesce(enrolled.enrolled_sector, track.education_sector) as education_sector,
        enrolled.enrolled_soi_code,
        track.school_track,
        enrolled.enrolled_grade as grade
    from {{ ref('panel_enrolment') }} as enrolled
    left outer join {{ ref('school_track') }} as track
        on enrolled.enrolled_soi_code = track.soi_level_code
    where enrolled.enrolment_series is not null
),

delivered as (
    select distinct school_year
    from enrolment
    where enrolment_series <> 'inschrwpo'
),

-- Where pupils are, and who they are, on the first day of October a year later.
next_october as (
    select
        person_year.person_id,
        person_year.year - 1 as school_year,
        {{ age_on('person.birth_date', 'person_year.october_first') }}
            as next_age,
        spell.status = 'resident' as is_resident_next
    from (
        select
            *,
            cast(cast(year as string) || '-10-01' as date) as october_first
        from {{ ref('id_person_year') }}
    ) as person_year
    inner join {{ ref('pop_person') }} as person
        on person_year.person_key = person.person_key
    left outer join {{ ref('pop_residence_spell') }} as spell
        on
            person_year.person_key = spell.person_key
            and {{ covers(
                'spell.start_date', 'spell.end_date', 'person_year.october_first'
            ) }}
),

attained as (
    select
        education.person_id,
        education.year,
        education.education_soi_code,
        track.is_start_qualification
    from {{ ref('panel_education') }} as education
    left outer join {{ ref('school_track') }} as track
        on education.education_soi_code = track.soi_level_code
    where education.education_soi_code is not null
),

neighbours as (
    select
        *,
        lag(school_year) over (
            partition by person_id order by school_year
        ) as earlier_year,
        lag(education_sector) over (
            partition by person_id order by school_year
        ) as earlier_sector,
        lag(grade) over (
            partition by person_id order by school_year
        ) as earlier_grade,
        lead(school_year) over (
            partition by person_id order by school_year
        ) as later_year
    from enrolment
),

final as (
    select
        neighbours.person_id,
        neighbours.school_year,
        neighbours.enrolment_series,
        neighbours.education_sector,
        neighbours.enrolled_soi_code,
        neighbours.school_track,
        neighbours.grade,
        case
            when neighbours.education_sector not in ('primary', 'secondary') then null
            when neighbours.earlier_year <> neighbours.school_year - 1 then null
            when neighbours.earlier_sector <> neighbours.education_sector then false
            else neighbours.earlier_grade = neighbours.grade
        end as is_repeated_grade,
        case
            when
                coalesce(
                    after_year.education_soi_code > before_year.education_soi_code,
                    after_year.education_soi_code is not null
                )
                then after_year.education_soi_code
        end as diploma_soi_code,
        case
            when neighbours.education_sector not in ('secondary', 'vocational')
                then null
            when delivered.school_year is null then null
            when neighbours.later_year = neighbours.school_year + 1 then false
            when
                coalesce(next_october.next_age >= 23, true)
                or not coalesce(next_october.is_resident_next, false)
                then null
            else not after_year.is_start_qualification
        end as is_dropout
    from neighbours
    left outer join delivered
        on neighbours.school_year + 1 = delivered.school_year
    left outer join next_october
        on
            neighbours.person_id = next_october.person_id
            and neighbours.school_year = next_october.school_year
    left outer join attained as before_year
        on
            neighbours.person_id = before_year.person_id
            and neighbours.school_year = before_year.year
    left outer join attained as after_year
        on
            neighbours.person_id = after_year.person_id
            and neighbours.school_year + 1 = after_year.year
)

select * from final
