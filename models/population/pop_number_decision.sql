{{ config(tags=['shared']) }}

with comparison as (
    select
        *,
        case when mother_result = 'agrees' then 1 else 0 end
        + case when father_result = 'agrees' then 1 else 0 end as parents_agree
    from {{ ref('pop_number_comparison') }}
),

judged as (
    select
        number_key,
        later_number_key,
        case
            when
                'contradicts' in (
                    sex_result, birth_date_result, mother_result, father_result,
                    death_result, civil_status_result
                )
                then 'contradicted'
            when birth_date_result = 'agrees' and parents_agree = 2
                then 'birth_and_parents'
            when birth_country_result <> 'agrees' then 'too_little'
            when birth_date_result = 'agrees' and relative_result = 'agrees'
                then 'birth_and_relative'
            when
                birth_date_result = 'agrees' and parents_agree = 1
                and route_result = 'agrees'
                then 'birth_parent_and_route'
            when
                birth_date_result = 'imputed' and parents_agree = 2
                and route_result = 'agrees'
                then 'imputed_birth_parents_and_route'
            when
                birth_date_result in ('imputed', 'same_year') and parents_agree > 0
                and relative_result = 'agrees'
                then 'imputed_birth_parent_and_relative'
            else 'too_little'
        end as number_decision
    from comparison
),

accepted as (
    select
        judged.number_key,
        judged.later_number_key
    from judged
    inner join {{ ref('number_decision') }} as decision
        on judged.number_decision = decision.number_decision
    where decision.is_same_person
),

-- Two earlier numbers for one later number (or the reverse) must fit each other too:
-- of twins who left one after the other, nobody knows which one came back.
fits as (
    select
        number_key as own_key,
        later_number_key as other_key
    from accepted
    union all
    select
        later_number_key as own_key,
        number_key as other_key
    from accepted
),

misfit as (
    select distinct
        one.own_key,
        one.other_key
    from fits as one
    inner join fits as two
        on
            one.own_key = two.own_key
            and one.other_key <> two.other_key
    anti join fits as between_them
        on
            one.other_key = between_them.own_key
            and two.other_key = between_them.other_key
),

final as (
    select
        judged.number_key,
        judged.later_number_key,
        case
            when first_misfit.own_key is not null or second_misfit.own_key is not null
                then 'ambiguous'
            else judged.number_decision
        end as number_decision
    from judged
    left outer join misfit as first_misfit
        on
            judged.number_key = first_misfit.own_key
            and judged.later_number_key = first_misfit.other_key
    left outer join misfit as second_misfit
        on
            judged.later_number_key = second_misfit.own_key
            and judged.number_key = second_misfit.other_key
)

select * from final
