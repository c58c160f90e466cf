{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

member as (
    select person_key from {{ ref('id_spine') }}
),

nationality as (
    select spell.*
    from {{ resolved(ref('stg_nationality_spell')) }} as spell
    semi join member
        on spell.person_key = member.person_key
),

delivered as (
    select count(*) > 0 as is_delivered from {{ ref('stg_nationality_spell') }}
),

on_last_day as (
    select
        calendar.person_id,
        calendar.year,
        nationality.nationality_code,
        nationality.second_nationality_code
    from calendar
    inner join nationality
        on
            calendar.person_key = nationality.person_key
            and {{ covers(
                'nationality.start_date', 'nationality.end_date', 'calendar.last_day'
            ) }}
    qualify row_number() over (
        partition by calendar.person_id, calendar.year
        order by
            nationality.start_date desc,
            coalesce(nationality.nationality_code, '') asc
    ) = 1
),

followed as (
    select
        person_key,
        start_date,
        nationality_code,
        lag(nationality_code) over (partition by person_key order by start_date)
            as previous_code
    from nationality
),

-- The file of changes starts later than the spells: before, a first Dutch spell after
-- another one tells the same.
became_dutch as (
    select
        person_key,
        change_date,
        'change' as naturalisation_series
    from {{ resolved(ref('stg_nationality_change')) }}
    where
        is_linkable
        and new_nationality_code = '{{ var("dutch_nationality") }}'
        and old_nationality_code <> '{{ var("dutch_nationality") }}'
    union all
    select
        person_key,
        start_date as change_date,
        'spell' as naturalisation_series
    from followed
    where
        nationality_code = '{{ var("dutch_nationality") }}'
        and previous_code <> '{{ var("dutch_nationality") }}'
),

naturalisation as (
    select
        person_key,
        change_date,
        naturalisation_series
    from became_dutch
    qualify row_number() over (
        partition by person_key
        order by change_date, naturalisation_series
    ) = 1
),

final as (
    select
        calendar.person_id,
        calendar.year,
        on_last_day.nationality_code,
        on_last_day.nationality_code = '{{ var("dutch_nationality") }}' as is_dutch,
        {{ missing_reason(
            'on_last_day.nationality_code',
            'on_last_day.person_id is not null',
            'delivered.is_delivered'
        ) }} as nationality_missing_reason,
        on_last_day.second_nationality_code,
        case
            when on_last_day.second_nationality_code is not null then true
            when
                calendar.year < {{ var('second_nationality_until') }}
                or on_last_day.nationality_code <> '{{ var("dutch_nationality") }}'
                then false
        end as has_second_nationality,
        case
            when on_last_day.nationality_code is null then null
            when
                calendar.year >= {{ var('second_nationality_until') }}
                and on_last_day.nationality_code = '{{ var("dutch_nationality") }}'
                and on_last_day.second_nationality_code is null
                then 'not_kept'
        end as second_nationality_missing_reason,
        cast(year(naturalisation.change_date) as int) as naturalisation_year,
        naturalisation.naturalisation_series
    from calendar
    cross join delivered
    left outer join on_last_day
        on
            calendar.person_id = on_last_day.person_id
            and calendar.year = on_last_day.year
    left outer join naturalisation
        on
            calendar.person_key = naturalisation.person_key
            and calendar.last_day >= naturalisation.change_date
)

select * from final
