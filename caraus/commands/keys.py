"""`caraus rotate-keys`: after a new key was put first in CARAUS_TOKEN_KEYS."""

from caraus.commands.base import CommandError, database


def rotate_keys() -> int:
    """Seal all secrets with the first of CARAUS_TOKEN_KEYS; return the exit code."""
    with database():
        from cryptography.fernet import InvalidToken

        from caraus.accounts import sessions
        from caraus.accounts.two_factors import rotate_authenticator_keys
        from caraus.authorizations.key_rotation import rotate_token_keys
        from caraus.mail import key_rotation as mail
        from caraus.notifications.push_keys import rotate_push_keys

        rotated = rotate_token_keys()
        emails, lost_emails = mail.rotate_message_keys()
        sessions.rotate_session_keys()
        _pushes, lost_pushes = rotate_push_keys()
        try:
            factors = rotate_authenticator_keys()
        except InvalidToken as error:
            raise CommandError(
                "A second factor could not be opened with any of the keys: put the missing key "
                "back and run this again. Keep the old keys until then."
            ) from error
    print(
        f"{rotated.done} authorization(s), {factors} second factor(s) and {emails} waiting "
        "letter(s) are now under the first key of CARAUS_TOKEN_KEYS."
    )
    if lost_emails:
        print(f"{lost_emails} waiting letter(s) can't be opened with any of the keys.")
    if lost_pushes:
        print(f"{lost_pushes} key(s) of web push can't be opened with any of the keys.")
    if rotated.unreadable:
        raise CommandError(
            f"{len(rotated.unreadable)} authorization(s) could not be opened with any of the keys: "
            "put the missing key back and run this again, or have them authorized anew. "
            "Keep the old keys until then."
        )
    print("The other keys may be taken out now, once every process has been restarted.")
    return 0
