with

part as (
    select * from {{ ref('harm_part') }}
),

crosswalk_value as (
    select
        survey,
        survey_year,
        variable,
        cast(source_code as decimal(18, 6)) as lowest,
        cast(source_code_to as decimal(18, 6)) as highest,
        target_code,
        missing_kind
    from {{ ref('harm_crosswalk_value') }}
    where source_variable = '(combined)'
),

harmonised_variable as (
    select
        variable,
        value_type
    from {{ ref('harmonised_variable') }}
),

-- The first source, in the order of the crosswalk, that decides.
decided as (
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        member_number,
        source_variable,
        source_code,
        value,
        missing_kind,
        grade,
        evidence
    from part
    where combine_by = 'first' and not is_next
    qualify row_number() over (
        partition by respondent_id, member_number, variable
        order by source_position
    ) = 1
),

-- All sources together; one that is missing leaves the whole missing.
computed as (
    select
        respondent_id,
        survey,
        survey_year,
        variable,
        member_number,
        combine_by,
        grade,
        evidence,
        string_agg(source_variable, ' ' order by source_position) as source_variable,
        string_agg(source_code, ' ' order by source_position) as source_code,
        -- Of several kinds the first source's; min_by passes over nulls.
        min_by(missing_kind, source_position) as missing_kind,
        cast(
            try_cast(string_agg(value, '-' order by source_position) as date) as string
        ) as day,
        case combine_by
            when 'sum' then sum(cast(value as decimal(18, 6)))
            when 'mean' then sum(cast(value as decimal(18, 6))) / count(*)
            when 'difference' then sum(
                cast(value as decimal(18, 6)) * if(source_position = 1, 1, -1)
            )
        end as number
    from part
    where combine_by != 'first'
    group by
        respondent_id,
        survey,
        survey_year,
        variable,
        member_number,
        combine_by,
        grade,
        evidence
),

-- Computed numbers become categories by ranges, where the crosswalk gives them.
ranged as (
    select
        computed.respondent_id,
        computed.survey,
        computed.survey_year,
        computed.variable,
        computed.member_number,
        computed.source_variable,
        computed.source_code,
        case
            when computed.missing_kind is not null then null
            when computed.combine_by = 'date' then computed.day
            when crosswalk_value.variable is not null then crosswalk_value.target_code
            when harmonised_variable.value_type = 'number'
                then {{ number_text('computed.number') }}
        end as value,
        case
            when computed.missing_kind is not null then computed.missing_kind
            -- Parts that make no date, such as 31 February.
            when computed.combine_by = 'date' and computed.day is null
                then 'technical_error'
            when crosswalk_value.variable is not null then crosswalk_value.missing_kind
        end as missing_kind,
        computed.grade,
        computed.evidence
    from computed
    inner join harmonised_variable using (variable)
    left outer join crosswalk_value
        on
            computed.survey = crosswalk_value.survey
            and computed.survey_year = crosswalk_value.survey_year
            and computed.variable = crosswalk_value.variable
            and computed.number between crosswalk_value.lowest
            and crosswalk_value.highest
),

final as (
    select * from decided
    union all
    select * from ranged
)

select * from final
