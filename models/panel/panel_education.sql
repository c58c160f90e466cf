{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

-- Level codes are delivered from 2013 on; earlier files only name the programme.
coded as (
    select
        education.person_key,
        education.year,
        case
            when education.attained_soi2021_code is not null then 'soi2021'
            when education.attained_soi2016_code is not null then 'soi2016'
            else 'programme'
        end as education_series,
        coalesce(
            education.attained_soi2021_code,
            education.attained_soi2016_code,
            programme.soi_level_code
        ) as attained_code
    from {{ ref('stg_education') }} as education
    left outer join {{ ref('education_programme') }} as programme
        on education.attained_programme_code = programme.programme_code
    where education.is_linkable
),

attained as (
    select
        person_key,
        year,
        education_series,
        attained_code
    from coded
    where attained_code is not null
    qualify row_number() over (
        partition by person_key, year
        order by attained_code desc, education_series asc
    ) = 1
),

-- A level once registered stays known in later years: `education_data_year` says from
-- when.
dated as (
    select
        calendar.person_id,
        calendar.year,
        calendar.person_key,
        max(attained.year) over (
            partition by calendar.person_id
            order by calendar.year
            rows between unbounded preceding and current row
        ) as education_data_year
    from calendar
    left outer join attained
        on
            calendar.person_key = attained.person_key
            and calendar.year = attained.year
),

final as (
    select
        dated.person_id,
        dated.year,
        attained.attained_code as education_soi_code,
        soi_level.education_level,
        attained.education_series,
        dated.education_data_year
    from dated
    left outer join attained
        on
            dated.person_key = attained.person_key
            and dated.education_data_year = attained.year
    left outer join {{ ref('education_level') }} as soi_level
        on attained.attained_code = soi_level.soi_level_code
)

select * from final
