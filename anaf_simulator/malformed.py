"""Bad records among good ones, to see that their neighbours survive."""

KINDS = ("string", "missing_uit", "bad_date", "null", "number")


def spoil(records: list[object], kind: str) -> list[object]:
    """One bad record in the middle. ``bad_date`` spoils a record that is there (it keeps its UIT);
    the other kinds stand between records that all stay good."""
    middle = len(records) // 2
    victim = records[middle]
    if not isinstance(victim, dict):
        return records
    if kind == "bad_date":
        spoilt = {**victim, "data_exp_uit": "2024-13-45T00:00:00", "data_transp": "ieri"}
        return [*records[:middle], spoilt, *records[middle + 1 :]]
    bad: dict[str, object] = {
        "string": "eroare la citirea notificarii",
        "missing_uit": {name: value for name, value in victim.items() if name != "uit"},
        "null": None,
        "number": 42,
    }
    return [*records[:middle], bad.get(kind, bad["string"]), *records[middle:]]
