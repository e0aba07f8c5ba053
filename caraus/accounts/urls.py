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
    path("organizatie/", organization.organization, name="organization"),
    path("organizatie/noua/", organization.create, name="organization_new"),
    path("organizatie/setari/", organization.change, name="organization_change"),
    path("organizatie/predare/", organization.hand_over, name="organization_hand_over"),
    path("organizatie/parasire/", organization.leave, name="organization_leave"),
    path("organizatie/stergere/", organization.delete, name="organization_delete"),
    path("organizatie/pastrare/", organization.cancel_deletion, name="organization_keep"),
    path("organizatie/membri/", members.member_list, name="members"),
    path("organizatie/membri/<int:pk>/", members.member, name="member"),
    path("organizatie/membri/<int:pk>/eliminare/", members.remove, name="member_remove"),
    path(
        "organizatie/invitatii/<int:pk>/retrimitere/", invitations.resend, name="invitation_resend"
    ),
    path("organizatie/invitatii/<int:pk>/link/", invitations.copy_link, name="invitation_link"),
    path("organizatie/invitatii/<int:pk>/retragere/", invitations.revoke, name="invitation_revoke"),
    path("organizatie/jurnal/", audit_log.audit_log_page, name="audit_log"),
    path("invitatie/<str:secret>/", invitations.invitation, name="invitation"),
    path("inceput/<str:secret>/", server_setup.set_up, name="set_up"),
    path("cont/sessions/", sessions.session_list, name="sessions"),
    path("cont/date/", personal_data.data, name="own_data"),
    path("cont/date/export/", personal_data.export, name="own_export"),
    path("cont/stergere/", personal_data.erase, name="own_erase"),
]
