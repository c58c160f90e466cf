with candidate as (
    select
        candidate_key as person_key,
        has_consented
    from {{ ref('id_delivered_key') }}
    where is_in_register
    union all
    -- Also a link that was made without a number rests on the consent of its interview.
    select
        person_key,
        true as has_consented
    from {{ ref('id_link') }}
    where link_status = 'linked'
),

person as (
    select
        person_key,
        bool_or(has_consented) as has_consented,
        bool_or(not has_consented) as has_refused
    from candidate
    group by person_key
),

-- Someone who refused in every interview is not to be reached through a partner or
-- parent either; someone who consented once is linked already, by their own consent.
final as (
    select
        person_key,
        has_consented,
        has_refused,
        has_consented or {{ var('refusers_as_kin') }} as is_reachable_as_kin
    from person
)

select * from final
