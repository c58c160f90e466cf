{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

member as (
    select distinct person_key from calendar
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
        education.attained_soi2016_code,
        education.attained_soi2021_code,
        education.attained_field_code,
        education.attained_source_code,
        education.record_weight,
        coalesce(
            education.attained_soi2021_code,
            education.attained_soi2016_code,
            attained_programme.soi_level_code
        ) as attained_code,
        coalesce(
            education.followed_soi2021_code,
            education.followed_soi2016_code,
            followed_programme.soi_level_code
        ) as followed_code
    from {{ resolved(ref('stg_education')) }} as education
    semi join member
        on education.person_key = member.person_key
    left outer join {{ ref('education_programme') }} as attained_programme
        on education.attained_programme_code = attained_programme.programme_code
    left outer join {{ ref('education_programme') }} as followed_programme
        on education.followed_programme_code = followed_programme.programme_code
),

attained as (
    select *
    from coded
    where attained_code is not null
    qualify row_number() over (
        partition by person_key, year
        order by attained_code desc, education_series asc, followed_code desc
    ) = 1
),

delivered as (
    select min(year) as first_year from {{ ref('stg_education') }}
),

-- Who is in a file without a level is known to it.
present as (
    select
        person_key,
        min(year) as first_year
    from coded
    group by person_key
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
        dated.education_data_year,
        case
            when attained.attained_code is not null then null
            when dated.year < delivered.first_year or delivered.first_year is null
                then 'not_delivered'
            when present.first_year <= dated.year then 'unknown'
            else 'not_in_population'
        end as education_missing_reason,
        attained.followed_code as education_followed_soi_code,
        attained.attained_soi2016_code as education_soi2016_code,
        attained.attained_soi2021_code as education_soi2021_code,
        attained.attained_field_code as education_field_code,
        attained.attained_source_code as education_source_code,
        attained.record_weight as education_record_weight
    from dated
    cross join delivered
    left outer join present
        on dated.person_key = present.person_key
    left outer join attained
        on
            dated.person_key = attained.person_key
            and dated.education_data_year = attained.year
    left outer join {{ ref('education_level') }} as soi_level
        on attained.attained_code = soi_level.soi_level_code
)

select * from final
order by year
