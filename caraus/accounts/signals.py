"""The signals of accounts, sent in the transaction of the fact."""

from django.dispatch import Signal

# `membership`: of the new owner.
owner_added = Signal()
