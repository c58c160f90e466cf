{#- The harm: the dead are followed as if they were here, and survival looks better than
    it is. -#}
with death as (
    select
        person_key,
        start_date as death_date
    from {{ ref('pop_residence_spell') }}
    where status = 'dead'
)

select spell.person_key
from {{ ref('pop_residence_spell') }} as spell
inner join death
    on spell.person_key = death.person_key
where spell.start_date > death.death_date
union all
select person.person_key
from {{ ref('pop_person') }} as person
anti join death
    on person.person_key = death.person_key
where person.death_date is not null
