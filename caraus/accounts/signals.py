"""The signals of accounts, sent in the transaction of the fact."""

from django.dispatch import Signal

# `membership`: of the new owner.
owner_added = Signal()

# `request`, `user`: the person has ended all sessions but that of the request.
other_sessions_ended = Signal()
