with

-- Who had died or left before the registers start is no missing link, but gone.
unit as (
    select
        respondent.survey,
        respondent.survey_year,
        respondent.domain,
        coalesce(design.sex, '(unknown)') as sex,
        coalesce(design.age, '(unknown)') as age,
        link.link_status != 'not_linkable' as is_in_scope,
        link.link_status = 'linked' as is_present,
        respondent.weight_nonresponse as weight
    from {{ ref('wgt_respondent') }} as respondent
    inner join {{ ref('wgt_design') }} as design using (respondent_id)
    inner join {{ ref('id_link') }} as link using (respondent_id)
),

{{ adjustment_classes(
    ['survey', 'survey_year', 'domain'], [[], ['sex'], ['sex', 'age']]
) }},

final as (
    select
        survey,
        survey_year,
        domain,
        sex,
        age,
        in_scope_count as respondent_count,
        present_count as linked_count,
        adjustment as link_adjustment
    from adjustment_class
    where present_count > 0
)

select * from final
