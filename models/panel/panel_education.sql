{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

member as (
    select person_key from {{ ref('id_spine') }}
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

-- A level once registered stays known until the next one: `education_data_year` says
-- from when. Of several in a year the highest counts, which comes last here.
attained as (
    select
        *,
        lead(year) over (
            partition by person_key
            order by
                year asc, attained_code asc, education_series desc,
                followed_code asc nulls first
        ) as next_year
    from coded
    where attained_code is not null
    qualify coalesce(next_year > year, true)
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

final as (
    select
        calendar.person_id,
        calendar.year,
        attained.attained_code as education_soi_code,
        soi_level.education_level,
        attained.education_series,
        attained.year as education_data_year,
        case
            when attained.attained_code is not null then null
            when calendar.year < delivered.first_year or delivered.first_year is null
                then 'not_delivered'
            when present.first_year <= calendar.year then 'unknown'
            else 'not_in_population'
        end as education_missing_reason,
        attained.followed_code as education_followed_soi_code,
        attained.attained_soi2016_code as education_soi2016_code,
        attained.attained_soi2021_code as education_soi2021_code,
        attained.attained_field_code as education_field_code,
        attained.attained_source_code as education_source_code,
        attained.record_weight as education_record_weight
    from calendar
    cross join delivered
    left outer join present
        on calendar.person_key = present.person_key
    left outer join attained
        on
            calendar.person_key = attained.person_key
            and calendar.year >= attained.year
            and coalesce(calendar.year < attained.next_year, true)
    left outer join {{ ref('education_level') }} as soi_level
        on attained.attained_code = soi_level.soi_level_code
)

select * from final
