with

crosswalk_source as (
    select * from {{ ref('harm_crosswalk_source') }}
),

crosswalk_value as (
    select
        survey,
        survey_year,
        variable,
        source_variable,
        source_code,
        try_cast(source_code as double) as lowest,
        try_cast(source_code_to as double) as highest,
        source_code_to is not null as is_range,
        target_code,
        missing_kind,
        valid_from,
        valid_to
    from {{ ref('harm_crosswalk_value') }}
),

delivered_code as (
    select * from {{ ref('harm_delivered_code') }}
),

harmonised_variable as (
    select
        variable,
        asked_of,
        value_type
    from {{ ref('harmonised_variable') }}
),

candidate as (
    select
        crosswalk_source.*,
        harmonised_variable.asked_of,
        harmonised_variable.value_type,
        delivered_code.source_code,
        delivered_code.source_label,
        delivered_code.is_declared_missing,
        delivered_code.delivered_count
    from crosswalk_source
    inner join delivered_code using (survey, survey_year, source_key)
    inner join harmonised_variable using (variable)
),

-- A row for exactly this code comes before a row for a range that holds it.
ruled as (
    select
        candidate.*,
        coalesce(exact.target_code, spanning.target_code) as target_code,
        coalesce(exact.missing_kind, spanning.missing_kind) as missing_kind,
        coalesce(exact.valid_from, spanning.valid_from) as valid_from,
        coalesce(exact.valid_to, spanning.valid_to) as valid_to,
        case
            when exact.variable is not null then 'code'
            when spanning.variable is not null then 'range'
            when candidate.is_passing then 'pass'
        end as matched_by
    from candidate
    left outer join crosswalk_value as exact
        on
            candidate.survey = exact.survey
            and candidate.survey_year = exact.survey_year
            and candidate.variable = exact.variable
            and candidate.source_variable = exact.source_variable
            and candidate.source_code = exact.source_code
            and not exact.is_range
    left outer join crosswalk_value as spanning
        on
            candidate.survey = spanning.survey
            and candidate.survey_year = spanning.survey_year
            and candidate.variable = spanning.variable
            and candidate.source_variable = spanning.source_variable
            and try_cast(candidate.source_code as double)
            between spanning.lowest and spanning.highest
            and spanning.is_range
            and exact.variable is null
),

final as (
    select
        survey,
        survey_year,
        variable,
        asked_of,
        member_number,
        source_variable,
        delivered_variable,
        source_key,
        source_position,
        source_count,
        source_code,
        source_label,
        is_declared_missing,
        delivered_count,
        rule,
        combine_by,
        grade,
        evidence,
        matched_by,
        coalesce(target_code = '(next)', false) as is_next,
        case
            when matched_by in ('code', 'range') then nullif(target_code, '(next)')
            when matched_by = 'pass' and (value_type = 'number' or rule = 'combine')
                then {{ number_text(
                    'try_cast(source_code as decimal(28, 6)) * scale_factor'
                    ' + scale_offset'
                ) }}
            when matched_by = 'pass' and value_type = 'date'
                then {{ date_text('source_code', 'date_layout') }}
            -- What the file left missing is no code or key.
            when matched_by = 'pass' and value_type in ('category', 'text')
                then nullif(nullif(source_code, '(system)'), '(empty)')
        end as value,
        missing_kind,
        valid_from,
        valid_to,
        valid_from is not null or valid_to is not null as has_period
    from ruled
)

select * from final
