"""Addresses about users and organizations."""

from django.urls import path

from caraus.accounts.views import (
    audit_log,
    invitations,
    members,
    organization,
    personal_data,
    server_setup,
    sessions,
)

urlpatterns = [
    path("organizatie/", organization.organization_page, name="organization"),
    path("organizatie/noua/", organization.organization_new, name="organization_new"),
    path("organizatie/setari/", organization.organization_change, name="organization_change"),
    path(
        "organizatie/predare/", organization.organization_hand_over, name="organization_hand_over"
    ),
    path("organizatie/parasire/", organization.organization_leave, name="organization_leave"),
    path("organizatie/stergere/", organization.organization_delete, name="organization_delete"),
    path(
        "organizatie/pastrare/", organization.organization_cancel_deletion, name="organization_keep"
    ),
    path("organizatie/membri/", members.member_list, name="members"),
    path("organizatie/membri/<int:pk>/", members.member_page, name="member"),
    path("organizatie/membri/<int:pk>/eliminare/", members.member_remove, name="member_remove"),
    path(
        "organizatie/invitatii/<int:pk>/retrimitere/",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "organizatie/invitatii/<int:pk>/link/",
        invitations.invitation_link_page,
        name="invitation_link",
    ),
    path(
        "organizatie/invitatii/<int:pk>/retragere/",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path("organizatie/jurnal/", audit_log.audit_log_page, name="audit_log"),
    path("invitatie/<str:secret>/", invitations.invitation_page, name="invitation"),
    path("inceput/<str:secret>/", server_setup.set_up_page, name="set_up"),
    path("cont/sessions/", sessions.session_list, name="sessions"),
    path("cont/date/", personal_data.personal_data_page, name="own_data"),
    path("cont/date/export/", personal_data.personal_data_export, name="own_export"),
    path("cont/stergere/", personal_data.account_erase, name="own_erase"),
]
