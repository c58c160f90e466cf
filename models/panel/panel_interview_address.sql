{{ theme_address(ref('id_interview_day'), ref('panel_interview_residence')) }}
