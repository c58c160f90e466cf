{#- The harm: a person without residence spells drops out of every denominator in
    silence. Each person has one sequence, from the start of the registers until now.
    -#}
with sequence as (
    select
        person_key,
        min(start_date) as first_day,
        count(*) filter (where end_date is null) as open_spell_count
    from {{ ref('pop_residence_spell') }}
    group by person_key
)

select person.person_key
from {{ ref('pop_person') }} as person
left outer join sequence
    on person.person_key = sequence.person_key
where
    coalesce(sequence.first_day <> date '{{ var('register_start') }}', true)
    or sequence.open_spell_count <> 1
