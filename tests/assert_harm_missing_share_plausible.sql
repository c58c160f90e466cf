-- A question that hardly anybody answered points at a crosswalk that reads missing
-- codes as answers, or answers as missing.
select
    variable,
    survey,
    survey_year,
    respondent_count,
    share_valid,
    share_routed,
    share_refused,
    share_dont_know,
    share_unknown,
    'check the missing codes of this wave in crosswalk_value' as what_to_do
from {{ ref('mart_comparability') }}
where
    grade != 'absent'
    and respondent_count >= {{ var('minimum_cell') }}
    and (
        share_valid + share_routed = 0
        or share_refused + share_dont_know + share_technical_error + share_unknown
        > {{ var('largest_item_nonresponse') }} * (1 - share_routed)
    )
