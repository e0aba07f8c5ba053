"""The boundary to ANAF: its login (OAuth) and its RO e-Transport service, over `anafpy`.

ANAF's wire shapes, wordings and time zones are known only in this package. It imports no Django:
the callers keep what it returns. Every function is synchronous and keyword-only, and runs its own
event loop, so it must be called from a thread that has none.
"""
