{#- The harm: residents drop out of the stock, or count twice. The stock of a year
    is the residents born abroad on its last day, no more and no less. -#}
with resident as (
    select
        calendar.year as stock_year,
        spell.person_key
    from {{ ref('pop_residence_spell') }} as spell
    inner join {{ ref('pop_person') }} as person
        on
            spell.person_key = person.person_key
            and not person.is_born_in_nl
    inner join {{ ref('calendar_year') }} as calendar
        on
            calendar.year between {{ var('first_year') }} and {{ var('last_year') }}
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
    where spell.status = 'resident'
)

select
    coalesce(resident.stock_year, stock.stock_year) as stock_year,
    coalesce(resident.person_key, stock.person_key) as person_key
from resident
full outer join {{ ref('imp_permit_stock') }} as stock
    on
        resident.stock_year = stock.stock_year
        and resident.person_key = stock.person_key
where resident.person_key is null or stock.person_key is null
