from django.apps import AppConfig


class FilingsConfig(AppConfig):
    name = "caraus.filings"
    label = "filings"
    verbose_name = "Depuneri la ANAF"

    def ready(self) -> None:
        from caraus.authorizations.other_rights import register_right
        from caraus.core.formatting import gettext_lazy
        from caraus.filings import tracking
        from caraus.filings.filing_rights import filing_rights
        from caraus.filings.permission import may_file_now
        from caraus.filings.states import ChangeState
        from caraus.fleet.actions import (
            IssueAction,
            VehicleAction,
            register_issue_action,
            register_vehicle_action,
        )
        from caraus.transports.display import register_field

        tracking.connect_signals()
        register_field(
            "filing",
            gettext_lazy("schimbarea vehiculului"),
            lambda state: str(ChangeState(state).label),
        )
        register_right(filing_rights)
        register_vehicle_action(
            VehicleAction(
                "filings:new_of_vehicle", "wrench", gettext_lazy("Vehiculul s-a defectat")
            )
        )
        register_issue_action(
            IssueAction("filings:new", "truck", gettext_lazy("Schimbă vehiculul"), may_file_now)
        )
