"""The kinds of notifications about UITs."""

from caraus.core.formatting import gettext_lazy, plural
from caraus.notifications.kinds import NotificationKind, register_kind

NEW_UIT = register_kind(
    NotificationKind(
        "uit_new",
        gettext_lazy("UIT nou"),
        gettext_lazy("Când un declarant te trece transportator pe un UIT nou."),
        "sparkles",
        email=False,
        digest=True,
        of_uits=True,
        list_query="?arata=noi",
        position=10,
        count_label=lambda number: plural(number, "UIT nou", "UIT-uri noi"),
    )
)

CHANGED_UIT = register_kind(
    NotificationKind(
        "uit_changed",
        gettext_lazy("Modificat de declarant"),
        gettext_lazy(
            "Când se schimbă numărul, traseul, datele sau documentele unui UIT: ce era, ce este."
        ),
        "pencil",
        email=False,
        digest=True,
        of_uits=True,
        list_query="?modificate=1&sortare=modificate",
        position=20,
        count_label=lambda number: plural(number, "UIT modificat", "UIT-uri modificate"),
    )
)

DELISTED_UIT = register_kind(
    NotificationKind(
        "uit_delisted",
        gettext_lazy("Ieșit din lista ANAF sau dat altuia"),
        gettext_lazy(
            "Când un UIT valabil nu mai este în lista ANAF sau are alt transportator, și când se "
            "întoarce. Vine și în intervalul „Nu deranja”."
        ),
        "list-x",
        push=True,
        urgent=True,
        of_uits=True,
        list_query="?arata=toate&sortare=modificate",
        position=40,
        count_label=lambda number: plural(
            number,
            "UIT ieșit din lista ANAF sau cu alt transportator",
            "UIT-uri ieșite din lista ANAF sau cu alt transportator",
        ),
    )
)

EXPIRING_UIT = register_kind(
    NotificationKind(
        "uit_expiring",
        gettext_lazy("Expiră curând"),
        gettext_lazy("În ajun, la 15:00, sau când alegi mai jos: și în zilele libere."),
        "hourglass",
        email=False,
        digest=True,
        of_uits=True,
        list_query="?sortare=expira",
        position=50,
        count_label=lambda number: plural(number, "UIT expiră curând", "UIT-uri expiră curând"),
    )
)

ENDS_TODAY_UIT = register_kind(
    NotificationKind(
        "uit_ends_today",
        gettext_lazy("Expiră azi"),
        gettext_lazy(
            "În ultima zi, la 8:00, sau când alegi mai jos, dacă nu este rezolvat. Vine și în "
            "intervalul „Nu deranja”."
        ),
        "alarm-clock",
        urgent=True,
        of_uits=True,
        list_query="?sortare=expira",
        position=55,
        count_label=lambda number: plural(number, "UIT expiră azi", "UIT-uri expiră azi"),
    )
)

LAST_HOURS_OF_UIT = register_kind(
    NotificationKind(
        "uit_last_hours",
        gettext_lazy("Ultimele ore"),
        gettext_lazy(
            "În ultima zi, la 16:00, sau când alegi mai jos, dacă nu este rezolvat. Vine și în "
            "intervalul „Nu deranja”."
        ),
        "alarm-clock",
        push=True,
        urgent=True,
        of_uits=True,
        list_query="?sortare=expira",
        position=60,
        subject_names_plate=True,
        count_label=lambda number: plural(
            number, "UIT este în ultimele ore", "UIT-uri sunt în ultimele ore"
        ),
    )
)

EXPIRED_UIT = register_kind(
    NotificationKind(
        "uit_expired",
        gettext_lazy("Expirat"),
        gettext_lazy(
            "Dimineața la 7:00, când un UIT a expirat la miezul nopții și nu este rezolvat. Vine "
            "și în intervalul „Nu deranja”."
        ),
        "calendar-x",
        push=True,
        urgent=True,
        of_uits=True,
        list_query="?arata=expirate",
        position=70,
        count_label=lambda number: plural(number, "UIT a expirat", "UIT-uri au expirat"),
    )
)
