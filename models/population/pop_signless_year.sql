{{ config(tags=['shared']) }}

with flagged as (
    select * from {{ ref('pop_household_sign_year') }}
),

-- Years in a row in which nobody of the household gave a sign: their year minus their
-- rank is the same number while the row lasts.
silent as (
    select
        *,
        year - row_number() over (
            partition by person_key, start_date order by year
        ) as run
    from flagged
    where is_covered and not has_household_sign
),

counted as (
    select
        person_key,
        year,
        cast(
            row_number() over (
                partition by person_key, start_date, run order by year
            ) as int
        ) as years_without_sign
    from silent
),

final as (
    select
        flagged.person_key,
        flagged.year,
        flagged.is_covered,
        flagged.has_household_sign,
        flagged.last_household_sign_date,
        case
            when flagged.is_covered then coalesce(counted.years_without_sign, 0)
        end as years_without_sign
    from flagged
    left outer join counted
        on
            flagged.person_key = counted.person_key
            and flagged.year = counted.year
)

select * from final
