{%- set of_permit = model.columns | reject('in', ['valid_from', 'valid_to']) -%}

with spell as (
    select
        person_key,
        start_date,
        end_date
    from {{ ref('pop_residence_spell') }}
    where status = 'resident'
),

final as (
    select
        {% for column in of_permit %}
        permit.{{ column }},
        {% endfor %}
        permit.immigration_date as valid_from,
        spell.end_date as valid_to
    from {{ ref('imp_permit') }} as permit
    inner join spell
        on
            permit.person_key = spell.person_key
            and permit.immigration_date = spell.start_date
)

select * from final
