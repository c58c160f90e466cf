-- What the registers know of a linked respondent on the day of the interview. Partners
-- who refused linkage themselves are not here: `id_union` has none of them.
with interview as (
    select
        link.respondent_id,
        link.person_key,
        cast(respondent.interview_date as date) as interview_date
    from {{ ref('id_link') }} as link
    inner join {{ ref('harm_cross_section') }} as respondent
        on link.respondent_id = respondent.respondent_id
    where link.link_status = 'linked'
),

partner as (
    select
        interview.respondent_id,
        interview.interview_date,
        partner.partner_key
    from interview
    inner join {{ ref('id_union') }} as partner
        on
            interview.person_key = partner.person_key
            and {{ covers(
                'partner.start_date', 'partner.end_date', 'interview.interview_date'
            ) }}
    where partner.partner_key is not null
    qualify row_number() over (
        partition by interview.respondent_id
        order by partner.start_date desc, partner.union_number desc
    ) = 1
),

final as (
    select
        partner.respondent_id,
        'partner_has_paid_work' as register_item,
        max(
            case
                when code.labour_group in ('employee', 'self_employed') then 1
                else 0
            end
        ) = 1 as is_true
    from partner
    inner join {{ resolved(ref('stg_income_source_spell')) }} as spell
        on
            partner.partner_key = spell.person_key
            and {{ covers(
                'spell.start_date', 'spell.end_date', 'partner.interview_date'
            ) }}
    inner join {{ ref('socioeconomic') }} as code
        on spell.socioeconomic_code = code.socioeconomic_code
    group by partner.respondent_id
)

select * from final
