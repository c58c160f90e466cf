{{ theme_address(ref('id_interview_day')) }}
