{{ config(tags=['shared']) }}

with calendar as (
    select
        person_key,
        person_id,
        year
    from {{ ref('id_person_year') }}
),

-- A pupil who repeats or changes schools is delivered twice: the highest grade counts.
pupil as (
    select
        person_key,
        year,
        primary_type_code,
        advice_code,
        revised_advice_code,
        test_advice_code,
        arithmetic_level,
        reading_level,
        language_level
    from {{ resolved(ref('stg_primary_enrolment')) }}
    where is_linkable
    qualify row_number() over (
        partition by person_key, year
        order by
            grade desc nulls last,
            advice_code asc nulls last,
            revised_advice_code asc nulls last,
            primary_type_code asc nulls last,
            source_file desc
    ) = 1
),

-- The test of spring belongs to the school year that began in the autumn before.
test as (
    select
        person_key,
        year - 1 as year,
        teacher_advice_code,
        test_score,
        test_advice_code
    from {{ resolved(ref('stg_primary_test')) }}
    where is_linkable
    qualify row_number() over (
        partition by person_key, year
        order by test_score desc nulls last, teacher_advice_code asc nulls last
    ) = 1
),

final as (
    select
        calendar.person_id,
        calendar.year,
        pupil.primary_type_code,
        coalesce(advice.track, teacher_advice.track) as advice_track,
        revised.track as revised_advice_track,
        coalesce(test_advice.track, pupil_test.track) as test_advice_track,
        test.test_score,
        pupil.arithmetic_level,
        pupil.reading_level,
        pupil.language_level
    from calendar
    left outer join pupil
        on
            calendar.person_key = pupil.person_key
            and calendar.year = pupil.year
    left outer join test
        on
            calendar.person_key = test.person_key
            and calendar.year = test.year
    left outer join {{ ref('school_advice') }} as advice
        on pupil.advice_code = advice.advice_code
    left outer join {{ ref('school_advice') }} as revised
        on pupil.revised_advice_code = revised.advice_code
    left outer join {{ ref('school_advice') }} as pupil_test
        on pupil.test_advice_code = pupil_test.advice_code
    left outer join {{ ref('teacher_advice') }} as teacher_advice
        on test.teacher_advice_code = teacher_advice.teacher_advice_code
    left outer join {{ ref('test_advice') }} as test_advice
        on test.test_advice_code = test_advice.test_advice_code
    where pupil.person_key is not null or test.person_key is not null
)

select * from final
