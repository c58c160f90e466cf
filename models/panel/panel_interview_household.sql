{{ theme_household(ref('id_interview_day')) }}
