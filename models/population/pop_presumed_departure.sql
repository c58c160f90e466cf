{{ config(tags=['shared']) }}

with stay as (
    select
        person_key,
        start_date,
        end_date,
        status,
        lead(start_reason) over (
            partition by person_key order by start_date
        ) as end_reason
    from {{ ref('pop_residence_spell') }}
),

signless as (
    select * from {{ ref('pop_signless_year') }}
),

silence as (
    select
        person_key,
        years_without_sign
    from signless
    where
        year = {{ var('last_year') }}
        and years_without_sign >= {{ var('presumed_after_years') }}
),

-- Who was removed had left before; who is still registered and silent has perhaps.
candidate as (
    select
        stay.person_key,
        stay.start_date,
        coalesce(stay.end_date, {{ far_future() }}) as end_date,
        case
            when stay.end_reason = 'administrative_removal' then 'removed'
            else 'silent'
        end as basis
    from stay
    left outer join silence
        on
            stay.person_key = silence.person_key
            and stay.end_date is null
    where
        stay.status = 'resident'
        and (
            stay.end_reason = 'administrative_removal'
            or silence.person_key is not null
        )
),

covered as (
    select min(year) as first_year
    from {{ ref('pop_sign_of_life') }}
    where has_tax_sign
),

-- The last sign of each year; half-way through the year where it has no day.
sign as (
    select
        sign.person_key,
        sign.year,
        coalesce(
            sign.last_sign_date, cast(cast(sign.year as string) || '-07-01' as date)
        ) as sign_date
    from {{ ref('pop_sign_of_life') }} as sign
    semi join candidate
        on sign.person_key = candidate.person_key
    union all
    select
        signless.person_key,
        signless.year,
        coalesce(
            signless.last_household_sign_date,
            cast(cast(signless.year as string) || '-07-01' as date)
        ) as sign_date
    from signless
    semi join candidate
        on signless.person_key = candidate.person_key
    where signless.has_household_sign
),

last_sign as (
    select
        candidate.person_key,
        candidate.start_date,
        candidate.end_date,
        candidate.basis,
        max(sign.sign_date) as last_sign_date
    from candidate
    left outer join sign
        on
            candidate.person_key = sign.person_key
            and candidate.start_date <= sign.sign_date
            and candidate.end_date > sign.sign_date
    group by
        candidate.person_key,
        candidate.start_date,
        candidate.end_date,
        candidate.basis
),

-- Silence before the sign registers start says nothing.
final as (
    select
        last_sign.person_key,
        last_sign.start_date,
        greatest(
            coalesce(last_sign.last_sign_date + 1, last_sign.start_date),
            cast(cast(covered.first_year as string) || '-01-01' as date)
        ) as presumed_departure_date,
        last_sign.basis,
        last_sign.last_sign_date
    from last_sign
    cross join covered
    where
        last_sign.end_date
        > cast(cast(covered.first_year as string) || '-01-01' as date)
        and coalesce(last_sign.last_sign_date + 1 < last_sign.end_date, true)
)

select * from final
