-- Respondents of the two waves between which a status is carried, with what both asked
-- and whether country and year of arrival make them probable refugees.
with answer as (
    select
        respondent_id,
        survey || ' ' || cast(survey_year as string) as wave,
        birth_country,
        arrival_year,
        sex,
        age,
        education_level,
        dutch_proficiency,
        civil_status,
        {{ var('status_variable') }} as status
    from {{ ref('harm_cross_section') }}
    where generation = '1'
),

country as (
    select
        country.origin_group,
        cell.year,
        100 * sum(cell.admission_count)
        > {{ var('refugee_share_percent') }} * sum(cell.arrival_count)
            as is_refugee_cell
    from {{ ref('imp_refugee_cell') }} as cell
    inner join {{ ref('country') }} as country
        on cell.country_code = country.country_code
    group by country.origin_group, cell.year
),

final as (
    select
        answer.respondent_id,
        answer.wave,
        answer.birth_country,
        cast(answer.arrival_year as int) as arrival_year,
        answer.sex,
        cast(answer.age as int) as age,
        answer.education_level,
        answer.dutch_proficiency,
        answer.civil_status,
        answer.status,
        coalesce(country.is_refugee_cell, false) as is_probable_refugee
    from answer
    left outer join country
        on
            answer.birth_country = country.origin_group
            and cast(answer.arrival_year as int) = country.year
    where
        answer.wave in (
            '{{ var("status_donor_wave") }}', '{{ var("status_target_wave") }}'
        )
)

select * from final
