{#- The harm: people appear or vanish between two counts, and no rate by origin is
    right. The residents of 1 January are those of the year before, plus births and
    arrivals, minus deaths and departures. -#}
with person as (
    select
        person_key,
        origin_group
    from {{ ref('pop_person') }}
),

stock as (
    select
        year,
        origin_group,
        sum(person_count) as person_count
    from {{ ref('pop_population_count') }}
    group by year, origin_group
),

-- A resident spell that starts or ends after 1 January of a year, until the next one.
flow as (
    select
        cast(year(spell.start_date - 1) as int) as year,
        person.origin_group,
        1 as net_count
    from {{ ref('pop_residence_spell') }} as spell
    inner join person
        on spell.person_key = person.person_key
    where spell.status = 'resident'
    union all
    select
        cast(year(spell.end_date - 1) as int) as year,
        person.origin_group,
        -1 as net_count
    from {{ ref('pop_residence_spell') }} as spell
    inner join person
        on spell.person_key = person.person_key
    where spell.status = 'resident' and spell.end_date is not null
),

balance as (
    select
        year,
        origin_group,
        sum(net_count) as net_count
    from flow
    group by year, origin_group
)

select
    stock.year,
    stock.origin_group,
    stock.person_count,
    later.person_count as next_person_count,
    balance.net_count
from stock
inner join stock as later
    on
        stock.year + 1 = later.year
        and stock.origin_group = later.origin_group
left outer join balance
    on
        stock.year = balance.year
        and stock.origin_group = balance.origin_group
where stock.person_count + coalesce(balance.net_count, 0) <> later.person_count
