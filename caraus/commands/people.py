"""`caraus createuser`."""

import sys

from caraus.commands.base import CommandError, database


def createuser(
    *,
    email: str,
    password_stdin: bool,
    name: str,
    organization: str,
    cuis: list[str],
    without_second_factor: bool = False,
) -> int:
    """Make or complete a user, its organization and companies; print what stands now."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password_stdin and not password:
        raise CommandError("No password came on standard input.", exit_code=2)
    with database():
        from caraus.accounts.provision import provision_user

        user = provision_user(
            email=email,
            password=password,
            name=name,
            organization_name=organization,
            cuis=cuis,
        )
        if without_second_factor:
            from caraus.accounts import audit_log, two_factors

            two_factors.delete_second_factors(user)
            audit_log.record_in_all_organizations(
                "two_factors", "Un administrator i-a scos al doilea factor.", user=user
            )
        print(f"{user.email}: the account is ready.")
        for membership in user.memberships.select_related("organization"):
            companies = ", ".join(
                company.cui for company in membership.organization.companies.order_by("cui")
            )
            print(f"  {membership.organization} ({membership.role}): {companies or 'no company'}")
        if not user.has_usable_password():
            print("  It has no password yet: run this again with --password-stdin.")
    return 0
