-- Who somebody came to: the partner or parent who lived here on the day of arrival.
with permit_case as (
    select
        case_id,
        person_key,
        immigration_date
    from {{ ref('imp_permit_case') }}
),

kin as (
    select
        permit_case.case_id,
        permit_case.immigration_date,
        pop_union.partner_key as sponsor_key
    from permit_case
    inner join {{ ref('pop_union') }} as pop_union
        on
            permit_case.person_key = pop_union.person_key
            and permit_case.immigration_date + 365 >= pop_union.start_date
            and coalesce(permit_case.immigration_date < pop_union.end_date, true)
    where pop_union.partner_key is not null
    union
    select
        permit_case.case_id,
        permit_case.immigration_date,
        parent.parent_key as sponsor_key
    from permit_case
    inner join {{ ref('pop_parent_child') }} as parent
        on permit_case.person_key = parent.child_key
    where parent.problem is null
),

resident_kin as (
    select kin.*
    from kin
    semi join {{ ref('pop_residence_spell') }} as spell
        on
            kin.sponsor_key = spell.person_key
            and spell.status = 'resident'
            and kin.immigration_date > spell.start_date
            and coalesce(kin.immigration_date < spell.end_date, true)
),

dutch as (
    select
        spell.person_key,
        spell.start_date,
        spell.end_date
    from {{ resolved(ref('stg_nationality_spell')) }} as spell
    where
        spell.is_linkable
        and spell.nationality_code = '{{ var("dutch_nationality") }}'
),

asylum as (
    select distinct person_key
    from {{ ref('imp_permit_motive') }}
    where permit_category = 'asylum'
),

described as (
    select
        kin.case_id,
        bool_or(dutch.person_key is not null) as has_dutch_sponsor,
        bool_or(asylum.person_key is not null) as has_refugee_sponsor
    from resident_kin as kin
    left outer join dutch
        on
            kin.sponsor_key = dutch.person_key
            and {{ covers(
                'dutch.start_date', 'dutch.end_date', 'kin.immigration_date'
            ) }}
    left outer join asylum
        on kin.sponsor_key = asylum.person_key
    group by kin.case_id
),

final as (
    select
        case_id,
        case
            when has_dutch_sponsor then 'national'
            when has_refugee_sponsor then 'refugee'
            else 'foreigner'
        end as permit_explanation
    from described
)

select * from final
