-- Known interviews linked as if their number were not known, in the shares that the
-- interviews to be linked have in and outside the register.
with score as (
    select
        respondent_id,
        link_pass,
        match_probability,
        is_right,
        is_accepted,
        scenario,
        scenario_weight
    from {{ ref('id_link_score') }}
    where scenario <> 'unknown'
),

-- What a perfect linkage would find.
known as (
    select count(distinct respondent_id) * max(scenario_weight) as weight
    from score
    where scenario = 'known'
),

chosen as (
    select min(match_probability) as chosen_threshold
    from score
    where is_accepted and link_pass = 'probabilistic'
),

threshold as (
    select unnest([
        0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96,
        0.97, 0.98, 0.99, 0.995, 0.999
    ]) as threshold
),

counted as (
    select
        threshold.threshold,
        sum(score.scenario_weight) as link_weight,
        sum(case when score.is_right then score.scenario_weight else 0 end)
            as right_weight,
        count(*) as link_count
    from threshold
    inner join score
        on threshold.threshold <= score.match_probability
    group by threshold.threshold
),

final as (
    select
        setting.linkage_fields,
        cast(counted.threshold as double) as threshold,
        cast(5 * round(counted.link_count / 5.0) as int) as link_count,
        cast(round(counted.right_weight / counted.link_weight, 4) as double)
            as estimated_precision,
        cast(round(counted.right_weight / known.weight, 4) as double)
            as estimated_recall,
        cast(round(chosen.chosen_threshold, 4) as double) as chosen_threshold
    from counted
    cross join known
    cross join chosen
    cross join {{ ref('id_link_setting') }} as setting
    where counted.link_count >= {{ var('minimum_cell') }}
)

select * from final
