-- Who returns: cumulative incidence of leaving the Netherlands after the interview, among
-- respondents born abroad. Return, onward migration and departure to an unknown destination
-- compete with each other and with death. docs/pilot-return.md says how to read it.
with everybody as (
    select
        *,
        sum(weight) over in_cell / sum(weight) filter (where person_id is not null) over in_cell
            as consent_factor
    from marts.mart_cross_section
    where generation = '1'
    window in_cell as (partition by survey, survey_year, origin_group, sex)
),

-- The risk starts on the day of the interview, for who is registered on that day.
respondent as (
    select
        everybody.*,
        day.birth_country_code,
        date_diff('day', day.first_arrival_date, day.reference_date) / 365.25
            as years_since_arrival
    from everybody
    inner join marts.mart_person_interview as day
        on everybody.respondent_id = day.respondent_id and day.years_from_interview = 0
    where day.residence_status = 'resident' and day.birth_country_code <> '6030'
),

last_day as (
    select make_date(max(year), 12, 31) as day from marts.mart_person_year
),

departure as (
    select distinct
        person_id,
        last_departure_date as departure_date,
        last_departure_country_code as country_code
    from marts.mart_person_year
    where last_departure_date is not null
),

death as (
    select person_id, min(death_date) as death_date
    from marts.mart_person_year
    where death_date is not null
    group by person_id
),

first_departure as (
    select
        respondent.respondent_id,
        departure.departure_date,
        case
            when destination.country_code is null then 'unknown'
            when
                destination.country_code = respondent.birth_country_code
                or destination.origin_group = birth.origin_group and birth.origin_group <> 'OTH'
                then 'return'
            else 'onward'
        end as outcome
    from respondent
    inner join departure
        on
            respondent.person_id = departure.person_id
            and departure.departure_date > respondent.interview_date
    inner join reference.country as birth
        on respondent.birth_country_code = birth.country_code
    left join reference.country as destination
        on departure.country_code = destination.country_code
    qualify row_number() over (
        partition by respondent.respondent_id order by departure.departure_date
    ) = 1
),

-- Departures without a destination are mostly removals, noticed years later: they count as
-- registered, two years earlier, or not at all (then the person is followed until that day).
scenario (scenario, weight_kind, unknown_is) as (
    values
        ('as registered', 'weighted', 'as registered'),
        ('unknown two years earlier', 'weighted', 'earlier'),
        ('unknown left out', 'weighted', 'left out'),
        ('weighted for consent', 'consent', 'as registered'),
        ('unweighted', 'unweighted', 'as registered')
),

history as (
    select
        scenario.scenario,
        respondent.*,
        case scenario.weight_kind
            when 'weighted' then respondent.weight
            when 'consent' then respondent.weight * respondent.consent_factor
            else 1
        end as person_weight,
        case
            when first_departure.outcome = 'unknown' and scenario.unknown_is = 'earlier'
                then greatest(
                    first_departure.departure_date - interval 2 year,
                    respondent.interview_date + 1
                )
            else first_departure.departure_date
        end as departure_date,
        first_departure.outcome = 'unknown' and scenario.unknown_is = 'left out' as is_censored,
        first_departure.outcome,
        death.death_date,
        last_day.day as last_day
    from respondent
    cross join scenario
    cross join last_day
    left join first_departure using (respondent_id)
    left join death using (person_id)
),

-- Whole years after the interview: the year in which the event came, and those followed.
timed as (
    select
        *,
        case
            when departure_date < coalesce(death_date, date '9999-12-31') and not is_censored
                then outcome
            when death_date is not null and not coalesce(departure_date < death_date, false)
                then 'death'
        end as event,
        cast(
            floor(
                date_diff('day', interview_date, least(departure_date, death_date)) / 365.25
            ) as int
        ) + 1 as event_year,
        cast(
            floor(
                date_diff(
                    'day',
                    interview_date,
                    case when is_censored then least(departure_date, last_day) else last_day end
                ) / 365.25
            ) as int
        ) as years_followed
    from history
),

grouped as (
    select *, 'everybody' as group_variable, 'everybody' as group_value from timed
    union all
    select *, 'origin_group', origin_group from timed where scenario = 'as registered'
    union all
    select
        *,
        'years_since_arrival',
        case
            when years_since_arrival is null then 'before the registers start'
            when years_since_arrival < 5 then '0 to 4 years'
            when years_since_arrival < 10 then '5 to 9 years'
            else '10 years or more'
        end
    from timed
    where scenario = 'as registered'
    union all
    select *, 'dutch_proficiency', dutch_proficiency from timed where scenario = 'as registered'
    union all
    select *, 'identification_group', identification_group
    from timed
    where scenario = 'as registered'
),

at_risk as (
    select
        grouped.scenario,
        grouped.group_variable,
        grouped.group_value,
        span.year as years_from_interview,
        count(*) as persons,
        sum(person_weight) as weight,
        sum(person_weight) filter (where event = 'return' and event_year = span.year)
            as return_weight,
        sum(person_weight) filter (where event = 'onward' and event_year = span.year)
            as onward_weight,
        sum(person_weight) filter (where event = 'unknown' and event_year = span.year)
            as unknown_weight,
        sum(person_weight) filter (where event = 'death' and event_year = span.year)
            as death_weight
    from grouped
    inner join range(1, 16) as span (year)
        on
            grouped.years_followed >= span.year
            and (grouped.event is null or grouped.event_year >= span.year)
    where group_value is not null
    group by all
),

hazard as (
    select
        *,
        coalesce(return_weight, 0) / weight as return_hazard,
        coalesce(onward_weight, 0) / weight as onward_hazard,
        coalesce(unknown_weight, 0) / weight as unknown_hazard,
        coalesce(death_weight, 0) / weight as death_hazard,
        min(persons) over so_far as fewest_persons
    from at_risk
    window so_far as (
        partition by scenario, group_variable, group_value order by years_from_interview
    )
),

-- Aalen and Johansen: who has had no event yet, times the chance of each kind of event.
staying as (
    select
        *,
        coalesce(
            product(1 - return_hazard - onward_hazard - unknown_hazard - death_hazard) over (
                partition by scenario, group_variable, group_value
                order by years_from_interview
                rows between unbounded preceding and 1 preceding
            ),
            1
        ) as share_staying
    from hazard
),

cumulated as (
    select
        scenario,
        group_variable,
        group_value,
        years_from_interview,
        persons,
        fewest_persons,
        sum(share_staying * return_hazard) over so_far as "return",
        sum(share_staying * onward_hazard) over so_far as onward,
        sum(share_staying * unknown_hazard) over so_far as "unknown",
        sum(share_staying * death_hazard) over so_far as death
    from staying
    window so_far as (
        partition by scenario, group_variable, group_value order by years_from_interview
    )
)

select
    scenario,
    group_variable,
    group_value,
    years_from_interview,
    persons,
    outcome,
    round(100 * share, 2) as cumulative_percent
from cumulated
unpivot (share for outcome in ("return", onward, "unknown", death))
where fewest_persons >= 10
order by all
