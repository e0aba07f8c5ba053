"""The addresses under /depuneri/."""

from django.urls import path

from caraus.filings.views import attempts, changes, drafts, groups, permissions

app_name = "filings"

urlpatterns = [
    path("", changes.change_list, name="list"),
    path("uit/<int:pk>/", drafts.change_of_uit, name="new"),
    path("vehicul/", drafts.change_of_vehicle, name="new_of_vehicle"),
    path("grup/<int:pk>/", groups.group, name="group"),
    path("<int:pk>/", changes.change_detail, name="change"),
    path("<int:pk>/hotarare/", changes.decide, name="decide"),
    path("firme/<int:pk>/", permissions.company_switch, name="switch"),
    path("membri/<int:pk>/", permissions.member_switch, name="member_switch"),
    path("incercari/<int:pk>/depunere.xml", attempts.attempt_xml, name="xml"),
    path("raspunsuri/<int:pk>/raspuns.txt", attempts.response_text, name="response"),
]
