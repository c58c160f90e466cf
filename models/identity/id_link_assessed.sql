{%- set starts = var('arrival_period_starts') -%}
{%- set ends = {} -%}
{%- for start in starts -%}
{%- set last = '' if loop.last else (starts[loop.index] | int) - 1 -%}
{%- do ends.update({start: start ~ '-' ~ last}) -%}
{%- endfor -%}

with link as (
    select * from {{ ref('id_link') }}
),

candidate as (
    select
        respondent_id,
        has_consented
    from {{ ref('id_candidate') }}
),

answer as (
    select
        respondent_id,
        origin_group,
        sex,
        birth_year,
        birth_country,
        arrival_year
    from {{ ref('harm_cross_section') }}
),

person as (
    select
        person.person_key,
        person.sex_code,
        cast(year(person.birth_date) as int) as birth_year,
        country.origin_group as birth_country
    from {{ ref('pop_person') }} as person
    left outer join {{ ref('country') }} as country
        on person.birth_country_code = country.country_code
),

link_pass as (
    select
        link_pass,
        position
    from {{ ref('link_pass') }}
),

-- Silence says something only about years with a tax register.
covered_year as (
    select year
    from {{ ref('pop_signless_year') }}
    group by year
    having bool_and(is_covered)
),

signless as (
    select
        person_key,
        year
    from {{ ref('pop_signless_year') }}
    where is_covered and not has_household_sign
),

final as (
    select
        link.respondent_id,
        link.survey,
        link.survey_year,
        coalesce(answer.origin_group, 'unknown') as origin_group,
        case
            when answer.birth_country = 'NL' then 'born here'
            {% for start in starts | reverse %}
            when answer.arrival_year >= {{ start }} then '{{ ends[start] }}'
            {% endfor %}
            when answer.arrival_year is not null then '-{{ (starts[0] | int) - 1 }}'
            else 'unknown'
        end as arrival_period,
        candidate.has_consented,
        candidate.has_consented and link.link_status <> 'not_linkable' as is_linkable,
        link.link_status in ('not_linkable', 'not_in_register') as is_under_covered,
        link.link_pass,
        link_pass.position,
        link.estimated_precision,
        case
            when link.person_key is not null and covered_year.year is not null
                then signless.person_key is not null
        end as is_signless,
        answer.sex = person.sex_code as sex_agrees,
        answer.birth_year = person.birth_year as birth_year_agrees,
        answer.birth_country = person.birth_country as birth_country_agrees
    from link
    inner join candidate on link.respondent_id = candidate.respondent_id
    left outer join answer on link.respondent_id = answer.respondent_id
    left outer join person on link.person_key = person.person_key
    left outer join link_pass on link.link_pass = link_pass.link_pass
    left outer join covered_year on link.survey_year = covered_year.year
    left outer join signless
        on
            link.person_key = signless.person_key
            and link.survey_year = signless.year
)

select * from final
