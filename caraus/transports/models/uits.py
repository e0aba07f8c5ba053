"""The UITs of a company, their history, and what could not be read."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import gettext_lazy
from caraus.transports.models.fields import UNKNOWN_END, UNKNOWN_START, DayOrUnknown
from caraus.transports.search_text import build_search_text, build_sort_keys


class Transport(models.Model):
    """One UIT for one company, as ANAF last gave it. Times are UTC; dates are Romania's.

    `first_expired_day` is ANAF's `data_exp_uit`: the first day on which the UIT is expired
    (API document of 2024-07-29, INFO TRANSPORTATORI). The last valid day is the one before.
    Both days are None where ANAF gave none that can be read.
    """

    ORGANIZATION_PATH = "organization"
    COMPANY_PATH = "company"

    class State(models.TextChoices):
        ACTIVE = "active", gettext_lazy("activ")
        MISSING = "missing", gettext_lazy("lipsă la ANAF")
        EXPIRED = "expired", gettext_lazy("expirat")
        DELISTED = "delisted", gettext_lazy("nu mai este în lista ANAF")

    # Not known to be over; the day may have passed since (`state_on`).
    OPEN_STATES = (State.ACTIVE, State.MISSING)

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="transports")
    # The company's, by which the list and the search are indexed.
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    uit = models.CharField(max_length=64)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)

    # ANAF promises no lengths: a long name must not lose a UIT.
    declarant_cui = models.TextField(blank=True)
    declarant_name = models.TextField(blank=True)
    declarant_ref = models.TextField(blank=True)
    transport_date = DayOrUnknown(unknown=UNKNOWN_START)
    first_expired_day = DayOrUnknown(unknown=UNKNOWN_END)
    # ANAF gave no data_exp_uit: the shortest legal validity was taken (5 days, guide p. 11).
    expiry_computed = models.BooleanField(default=False)
    carrier_cui = models.TextField(blank=True)
    carrier_name = models.TextField(blank=True)
    # As declared at first; what vehicle changes made of it is in `vehicle_changes`.
    plate = models.TextField(blank=True)
    trailer1 = models.TextField(blank=True)
    trailer2 = models.TextField(blank=True)
    vehicle_changes = models.JSONField(default=list)
    start = models.JSONField(default=dict)
    end = models.JSONField(default=dict)
    documents = models.JSONField(default=list)
    # Fields that ANAF's documents do not name.
    extra = models.JSONField(default=dict)
    raw = models.JSONField(default=dict)
    # ANAF's fields that could not be understood, or not whole, in its last record, with the
    # beginning of what stood there: {"data_exp_uit": "-"}.
    unreadable_fields = models.JSONField(default=dict, db_default={})
    # What the search looks through (`search_text.py`).
    search_text = models.TextField(blank=True, editable=False)
    # What the list sorts by.
    sort_vehicle = models.TextField(blank=True, editable=False)
    sort_declarant = models.TextField(blank=True, editable=False)
    sort_route = models.TextField(blank=True, editable=False)
    sort_reference = models.TextField(blank=True, editable=False)

    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    last_changed_at = models.DateTimeField()
    # The first good response without it, since it was last seen.
    missing_since = models.DateTimeField(null=True, blank=True)
    # The second one, when a mass disappearance made it wait for a third.
    missing_again_at = models.DateTimeField(null=True, blank=True)
    # All of the company's UITs went missing together with it: held until then.
    delist_not_before = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-first_seen_at", "-pk"]
        constraints = [models.UniqueConstraint("company", "uit", name="one_row_per_uit")]
        indexes = [
            models.Index(fields=["company", "-first_seen_at", "-id"], name="transport_newest"),
            models.Index(fields=["company", "state", "first_expired_day"], name="transport_open"),
            models.Index(fields=["first_expired_day"], name="transport_expiring"),
            models.Index(
                fields=["company"],
                name="transport_partly_unreadable",
                condition=~models.Q(unreadable_fields={}),
            ),
            # An index for each order of the list (`workspace.pagination.ORDERS`).
            # With the day of transport: a period far back is found in it alone.
            models.Index(
                fields=["organization", "-first_seen_at", "-id", "transport_date"],
                name="list_by_newest",
            ),
            models.Index(fields=["organization", "-last_changed_at", "-id"], name="list_by_change"),
            models.Index(fields=["organization", "-transport_date", "-id"], name="list_by_day"),
            models.Index(fields=["organization", "uit", "id"], name="list_by_uit"),
            models.Index(fields=["organization", "sort_vehicle", "id"], name="list_by_vehicle"),
            models.Index(fields=["organization", "sort_declarant", "id"], name="list_by_declarant"),
            models.Index(fields=["organization", "sort_route", "id"], name="list_by_route"),
            models.Index(fields=["organization", "sort_reference", "id"], name="list_by_reference"),
            # With the day of transport: a week is found in it alone.
            models.Index(
                fields=["organization", "first_expired_day", "id", "transport_date"],
                name="list_by_end",
            ),
            # For views of a few rows, which walking all in order would be long in finding.
            models.Index(
                fields=["organization", "-first_seen_at", "-id"],
                condition=models.Q(state__in=["active", "missing"]),
                name="list_open",
            ),
            models.Index(
                fields=["organization", "-first_seen_at", "-id"],
                condition=models.Q(state="delisted"),
                name="list_delisted",
            ),
            models.Index(
                fields=["organization", "-first_seen_at", "-id"],
                condition=models.Q(last_changed_at__gt=models.F("first_seen_at")),
                name="list_changed",
            ),
            GinIndex(
                fields=["organization", "search_text"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="list_search",
            ),
        ]

    if TYPE_CHECKING:  # given by settings.ABSOLUTE_URL_OVERRIDES

        def get_absolute_url(self) -> str: ...

    def __str__(self) -> str:
        return self.uit

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row with the organization and the texts for searching and sorting."""
        if kwargs.get("update_fields") is None:
            if self.organization_id is None:
                self.organization_id = self.company.organization_id
            self.search_text = build_search_text(self)
            for field, text in build_sort_keys(self).items():
                setattr(self, field, text)
        super().save(*args, **kwargs)

    @property
    def last_valid_day(self) -> date | None:
        return self.first_expired_day and self.first_expired_day - timedelta(days=1)

    def is_over_on(self, day: date) -> bool:
        """Return whether the validity is over on a day in Bucharest; one that is not known never
        is."""
        return self.first_expired_day is not None and self.first_expired_day <= day

    def state_on(self, day: date) -> str:
        """Return the state on a day in Bucharest: an open UIT whose validity is over is expired,
        also when ANAF could not be polled since."""
        is_open = self.state in self.OPEN_STATES
        over = is_open and self.is_over_on(day)
        return str(self.State.EXPIRED if over else self.State(self.state))

    @property
    def current_vehicle(self) -> tuple[str, str, str]:
        """Plate and trailers after the last vehicle change (kept in the order they took effect)."""
        if not self.vehicle_changes:
            return self.plate, self.trailer1, self.trailer2
        last = self.vehicle_changes[-1]
        return last["plate"] or self.plate, last["trailer1"], last["trailer2"]


class TransportEvent(models.Model):
    """Something that happened to a UIT, with what changed: {field: [old, new]}."""

    ORGANIZATION_PATH = "transport__company__organization"
    COMPANY_PATH = "transport__company"

    class Kind(models.TextChoices):
        APPEARED = "appeared", gettext_lazy("apărut")
        CHANGED = "changed", gettext_lazy("modificat de declarant")
        VEHICLE_CHANGED = "vehicle_changed", gettext_lazy("vehicul schimbat")
        CARRIER_CHANGED = "carrier_changed", gettext_lazy("transportator schimbat")
        RETURNED = "returned", gettext_lazy("din nou în lista ANAF")
        EXPIRED = "expired", gettext_lazy("expirat")
        DELISTED = "delisted", gettext_lazy("nu mai este în lista ANAF")
        MARKED = "marked", gettext_lazy("marcat")
        UNMARKED = "unmarked", gettext_lazy("marcaj scos")
        FILING = "filing", gettext_lazy("depunere la ANAF")
        REQUESTED = "requested", gettext_lazy("cerere către declarant")

    transport = models.ForeignKey(Transport, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    changes = models.JSONField(default=dict)
    # Who marked it, filed it, or wrote to the declarant; None: from ANAF or from the calendar.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["transport", "-at"], name="event_by_transport")]

    def __str__(self) -> str:
        return f"{self.transport_id}: {self.kind}"


# By the codes of `caraus.anaf.records.UNREADABLE_REASONS`.
UNREADABLE_REASON_LABELS = {
    "not_an_object": gettext_lazy("înregistrarea nu este un obiect"),
    "uit_not_text": gettext_lazy("codul UIT nu este un text"),
    "uit_missing": gettext_lazy("lipsește codul UIT"),
    "uit_too_long": gettext_lazy("codul UIT este prea lung"),
}


class UnreadableRecord(models.Model):
    """A record of `info` that could not be understood: kept whole, shown, never in the way."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="unreadable")
    digest = models.CharField(max_length=64)
    raw = models.TextField()
    reason = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    # It left ANAF's response, or was understood later.
    resolved_at = models.DateTimeField(null=True, blank=True)
    # Which parser could not read it (`caraus.anaf.info.PARSER_VERSION`): a newer one tries again.
    parser_version = models.PositiveIntegerField(default=1, db_default=1)
    understood_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen_at", "-pk"]
        constraints = [models.UniqueConstraint("company", "digest", name="one_row_per_unreadable")]

    def __str__(self) -> str:
        return self.reason

    @property
    def reason_label(self) -> str:
        """Why it is unreadable, in the reader's language."""
        return str(UNREADABLE_REASON_LABELS.get(self.reason, self.reason))


class ExpiryWatch(models.Model):
    """Up to when people have been notified of expiring UITs. One row for the whole installation."""

    notified_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.notified_until:%Y-%m-%d %H:%M}"
