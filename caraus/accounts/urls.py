"""Addresses about people and organizations."""

from django.urls import path

from caraus.accounts.views import audit_log, entry, organization, own, people

urlpatterns = [
    path("organizatie/", organization.organization, name="organization"),
    path("organizatie/noua/", organization.create, name="organization_new"),
    path("organizatie/setari/", organization.change, name="organization_change"),
    path("organizatie/predare/", organization.hand_over, name="organization_hand_over"),
    path("organizatie/parasire/", organization.leave, name="organization_leave"),
    path("organizatie/stergere/", organization.delete, name="organization_delete"),
    path("organizatie/pastrare/", organization.keep, name="organization_keep"),
    path("organizatie/membri/", people.member_list, name="members"),
    path("organizatie/membri/<int:pk>/", people.member, name="member"),
    path("organizatie/membri/<int:pk>/eliminare/", people.remove, name="member_remove"),
    path("organizatie/invitatii/<int:pk>/retrimitere/", people.resend, name="invitation_resend"),
    path("organizatie/invitatii/<int:pk>/link/", people.copy_link, name="invitation_link"),
    path("organizatie/invitatii/<int:pk>/retragere/", people.revoke, name="invitation_revoke"),
    path("organizatie/jurnal/", audit_log.journal_page, name="journal"),
    path("invitatie/<str:secret>/", entry.invitation, name="invitation"),
    path("inceput/<str:secret>/", entry.set_up, name="set_up"),
    path("cont/sessions/", own.session_list, name="sessions"),
    path("cont/date/", own.data, name="own_data"),
    path("cont/date/export/", own.export, name="own_export"),
    path("cont/stergere/", own.erase, name="own_erase"),
]
