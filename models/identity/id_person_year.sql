{{ config(tags=['shared']) }}

with member as (
    select
        spine.person_key,
        pseudonym.person_id,
        person.birth_date
    from {{ ref('id_spine') }} as spine
    inner join {{ ref('id_person_key') }} as pseudonym
        on spine.person_key = pseudonym.person_key
    inner join {{ ref('pop_person') }} as person
        on spine.person_key = person.person_key
),

calendar as (
    {{ panel_years() }}
),

final as (
    select
        member.person_key,
        member.person_id,
        calendar.year,
        calendar.first_day,
        calendar.last_day
    from member
    inner join calendar
        on coalesce(member.birth_date <= calendar.last_day, true)
)

-- Rows lie by year here and in the panel: a few years are read without the others.
select * from final
order by year
