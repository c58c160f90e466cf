{{ config(tags=['shared']) }}

with decision as (
    select
        pair.number_key,
        pair.later_number_key,
        pair.number_decision,
        number.first_date
    from {{ ref('pop_number_decision') }} as pair
    inner join {{ ref('number_decision') }} as meaning
        on pair.number_decision = meaning.number_decision
    inner join {{ ref('pop_number') }} as number
        on pair.number_key = number.number_key
    where meaning.is_same_person
),

-- The person goes by the number that was there first; all numbers of one person fit
-- each other, so the first one stands in a pair with every other.
final as (
    select
        later_number_key as number_key,
        number_key as person_key,
        number_decision
    from decision
    qualify row_number() over (
        partition by later_number_key
        order by first_date, number_key
    ) = 1
)

select * from final
