with spell as (
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_residence_spell') }}
    where status = 'resident'
),

{{ imputed_permit() }},

final as (
    select
        permit.*,
        permit.immigration_date as valid_from,
        spell.end_date as valid_to
    from permit
    inner join spell
        on
            permit.person_key = spell.person_key
            and permit.immigration_date = spell.start_date
)

select * from final
