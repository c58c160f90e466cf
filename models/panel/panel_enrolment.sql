{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

-- Three files, not spliced: pupils of primary school, enrolments after it, and before
-- 2008 participants after it.
enrolment as (
    select
        person_key,
        year,
        'onderwijsinschr' as enrolment_series,
        education_sector_code,
        enrolled_programme_code,
        grade,
        enrolment_kind_code
    from {{ resolved(ref('stg_enrolment')) }}
    where is_linkable
),

participant as (
    select
        person_key,
        year,
        'onderwijsdeelnemers' as enrolment_series,
        cast(null as string) as education_sector_code,
        enrolled_programme_code,
        coalesce(vocational_years, higher_years) as grade,
        cast(null as string) as enrolment_kind_code
    from {{ resolved(ref('stg_enrolment_2000')) }}
    where is_linkable
),

primary_pupil as (
    select
        person_key,
        year,
        max(grade) as grade
    from {{ resolved(ref('stg_primary_enrolment')) }}
    where is_linkable
    group by person_key, year
),

enrolment_year as (
    select distinct year from {{ ref('stg_enrolment') }}
),

participant_year as (
    select distinct year from {{ ref('stg_enrolment_2000') }}
),

primary_year as (
    select distinct year from {{ ref('stg_primary_enrolment') }}
),

-- Where both files of a year were delivered, the newer one counts.
combined as (
    select * from enrolment
    union all
    select participant.*
    from participant
    anti join enrolment_year
        on participant.year = enrolment_year.year
),

main_enrolment as (
    select
        calendar.person_id,
        calendar.year,
        combined.enrolment_series,
        combined.grade,
        sector.education_sector,
        programme.soi_level_code
    from calendar
    inner join combined
        on
            calendar.person_key = combined.person_key
            and calendar.year = combined.year
    left outer join {{ ref('education_sector') }} as sector
        on combined.education_sector_code = sector.education_sector_code
    left outer join {{ ref('education_programme') }} as programme
        on combined.enrolled_programme_code = programme.programme_code
    left outer join {{ ref('enrolment_kind') }} as kind
        on combined.enrolment_kind_code = kind.enrolment_kind_code
    qualify row_number() over (
        partition by calendar.person_id, calendar.year
        order by
            coalesce(kind.is_main, true) desc,
            coalesce(programme.soi_level_code, '') desc,
            coalesce(combined.enrolled_programme_code, '') asc,
            coalesce(combined.grade, 0) desc
    ) = 1
),

described as (
    select
        calendar.person_id,
        calendar.year,
        coalesce(
            main_enrolment.enrolment_series,
            case when primary_pupil.person_key is not null then 'inschrwpo' end
        ) as enrolment_series,
        coalesce(
            main_enrolment.education_sector,
            case
                when
                    main_enrolment.person_id is null
                    and primary_pupil.person_key is not null
                    then 'primary'
            end
        ) as enrolled_sector,
        main_enrolment.person_id is not null as is_post_primary,
        main_enrolment.soi_level_code as enrolled_soi_code,
        coalesce(main_enrolment.grade, primary_pupil.grade) as enrolled_grade,
        coalesce(enrolment_year.year, participant_year.year) is not null
            as is_delivered,
        primary_year.year is not null as is_primary_delivered
    from calendar
    left outer join main_enrolment
        on
            calendar.person_id = main_enrolment.person_id
            and calendar.year = main_enrolment.year
    left outer join primary_pupil
        on
            calendar.person_key = primary_pupil.person_key
            and calendar.year = primary_pupil.year
    left outer join enrolment_year
        on calendar.year = enrolment_year.year
    left outer join participant_year
        on calendar.year = participant_year.year
    left outer join primary_year
        on calendar.year = primary_year.year
),

-- Who is in none of a delivered year's files is not in training.
final as (
    select
        person_id,
        year,
        enrolment_series,
        case
            when enrolment_series is not null then true
            when is_delivered and is_primary_delivered then false
        end as is_in_training,
        case
            when is_post_primary then true
            when is_delivered then false
        end as is_in_post_primary_training,
        enrolled_sector,
        enrolled_soi_code,
        enrolled_grade,
        case
            when enrolment_series is null and not is_delivered then 'not_delivered'
        end as enrolment_missing_reason
    from described
)

select * from final
