"""The addresses under /depuneri/."""

from django.urls import path

from caraus.filings.views import decisions, files, lists, new

app_name = "filings"

urlpatterns = [
    path("", lists.change_list, name="list"),
    path("uit/<int:pk>/", new.change_of_uit, name="new"),
    path("vehicul/", new.change_of_vehicle, name="new_of_vehicle"),
    path("grup/<int:pk>/", decisions.group, name="group"),
    path("<int:pk>/", lists.change_detail, name="change"),
    path("<int:pk>/hotarare/", decisions.decide, name="decide"),
    path("firme/<int:pk>/", decisions.company_switch, name="switch"),
    path("membri/<int:pk>/", decisions.member_switch, name="member_switch"),
    path("incercari/<int:pk>/depunere.xml", files.attempt_xml, name="xml"),
    path("raspunsuri/<int:pk>/raspuns.txt", files.response_text, name="response"),
]
