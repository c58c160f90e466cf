{#- The union of the last day of each row's span. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_couple(calendar) %}
with calendar as (
    select * from {{ calendar }}
),

couple as (
    select
        person_key,
        union_type,
        start_date,
        end_date,
        partner_in_register,
        partner_sex_code,
        partner_birth_year,
        partner_birth_country_code,
        union_type <> 'cohabitation' as is_registered
    from {{ ref('pop_union') }}
),

-- Of several unions on one day the registered one that started last counts.
on_last_day as (
    select
        calendar.person_id,
        calendar.year,
        couple.*
    from calendar
    inner join couple
        on
            calendar.person_key = couple.person_key
            and calendar.last_day >= coalesce(couple.start_date, calendar.last_day)
            and coalesce(couple.end_date > calendar.last_day, true)
    qualify row_number() over (
        partition by calendar.person_id, calendar.year
        order by
            couple.is_registered desc,
            coalesce(couple.start_date, date '1800-01-01') desc,
            couple.union_type asc,
            coalesce(couple.partner_birth_year, 0) desc,
            coalesce(couple.partner_birth_country_code, '') asc
    ) = 1
),

started as (
    select
        calendar.person_id,
        calendar.year,
        cast(count(*) as int) as couple_count
    from calendar
    inner join couple
        on
            calendar.person_key = couple.person_key
            and calendar.last_day >= coalesce(couple.start_date, calendar.last_day)
    group by calendar.person_id, calendar.year
),

final as (
    select
        calendar.person_id,
        calendar.year,
        on_last_day.union_type as couple_type,
        on_last_day.start_date as couple_start_date,
        coalesce(started.couple_count, 0) as couple_count,
        on_last_day.partner_in_register as couple_partner_in_register,
        on_last_day.partner_sex_code as couple_partner_sex_code,
        on_last_day.partner_birth_year as couple_partner_birth_year,
        on_last_day.partner_birth_country_code as couple_partner_birth_country_code
    from calendar
    left outer join on_last_day
        on
            calendar.person_id = on_last_day.person_id
            and calendar.year = on_last_day.year
    left outer join started
        on
            calendar.person_id = started.person_id
            and calendar.year = started.year
)

select * from final
{% endmacro %}
