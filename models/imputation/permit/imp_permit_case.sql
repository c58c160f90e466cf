-- Every arrival of somebody born abroad, and everybody born abroad who was there
-- already when the registers start.
with arrival as (
    select
        person_key,
        start_date,
        start_reason
    from {{ ref('pop_residence_spell') }}
    where
        status = 'resident'
        and start_reason in (
            'immigration',
            'administrative_entry',
            'registration_start',
            'register_start',
            -- Born abroad just before movements were recorded, in 1994.
            'birth'
        )
),

person as (
    select
        person_key,
        sex_code,
        birth_date,
        birth_country_code
    from {{ ref('pop_person') }}
    where not is_born_in_nl
),

nationality as (
    select
        spell.person_key,
        spell.start_date,
        spell.end_date,
        spell.nationality_code,
        country.country_code,
        spell.nationality_code = '{{ var("dutch_nationality") }}' as is_dutch
    from {{ resolved(ref('stg_nationality_spell')) }} as spell
    left outer join {{ ref('nationality_country') }} as country
        on spell.nationality_code = country.nationality_code
    where spell.is_linkable
),

civil_status as (
    select
        person_key,
        start_date,
        end_date,
        civil_status_code
    from {{ resolved(ref('stg_civil_status_spell')) }}
    where is_linkable
),

joined as (
    select
        arrival.person_key,
        arrival.start_date as immigration_date,
        arrival.start_reason,
        person.sex_code,
        person.birth_date,
        civil_status.civil_status_code,
        nationality.nationality_code,
        coalesce(nationality.country_code, person.birth_country_code) as country_code,
        coalesce(nationality.is_dutch, false) as is_exempt
    from arrival
    inner join person
        on arrival.person_key = person.person_key
    left outer join nationality
        on
            arrival.person_key = nationality.person_key
            and {{ covers(
                'nationality.start_date', 'nationality.end_date', 'arrival.start_date'
            ) }}
    left outer join civil_status
        on
            arrival.person_key = civil_status.person_key
            and {{ covers(
                'civil_status.start_date', 'civil_status.end_date', 'arrival.start_date'
            ) }}
    qualify row_number() over (
        partition by arrival.person_key, arrival.start_date
        order by
            nationality.start_date desc nulls last, nationality.nationality_code asc,
            civil_status.start_date desc nulls last, civil_status.civil_status_code asc
    ) = 1
),

final as (
    select
        md5(
            joined.person_key || ' ' || cast(joined.immigration_date as string)
        ) as case_id,
        joined.person_key,
        joined.immigration_date,
        joined.start_reason,
        cast(year(joined.immigration_date) as int) as year,
        joined.start_reason <> 'register_start'
        and year(joined.immigration_date) >= {{ var('permit_since') }}
            as is_after_start,
        joined.sex_code,
        {{ age_on('joined.birth_date', 'joined.immigration_date') }} as age,
        joined.civil_status_code,
        joined.nationality_code,
        joined.country_code,
        coalesce(continent.continent, 'unknown') as continent,
        joined.is_exempt
    from joined
    left outer join {{ ref('country_continent') }} as continent
        on joined.country_code = continent.country_code
)

select * from final
