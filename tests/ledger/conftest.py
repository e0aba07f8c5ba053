from tests.transports.conftest import authorization, no_plan_of_another_test

__all__ = ["authorization", "no_plan_of_another_test"]
