"""Bad records and odd fields among good ones, to see that what is well survives."""

from anaf_simulator.scenarios import Active

KINDS = ("string", "missing_uit", "bad_date", "null", "number")


def with_malformed_record(records: list[object], kind: str) -> list[object]:
    """Put a bad record in the middle. ``bad_date`` changes a record that is there (it keeps its
    UIT); the other kinds stand between records that all stay good."""
    middle = len(records) // 2
    middle_record = records[middle]
    if not isinstance(middle_record, dict):
        return records
    if kind == "bad_date":
        malformed = {**middle_record, "data_exp_uit": "2024-13-45T00:00:00", "data_transp": "ieri"}
        return [*records[:middle], malformed, *records[middle + 1 :]]
    bad: dict[str, object] = {
        "string": "eroare la citirea notificarii",
        "missing_uit": {name: value for name, value in middle_record.items() if name != "uit"},
        "null": None,
        "number": 42,
    }
    return [*records[:middle], bad.get(kind, bad["string"]), *records[middle:]]


def with_odd_fields(records: list[object], active: Active) -> list[object]:
    """Put fields over the first record, or over all, and leave others out."""
    fields, without = active.options.get("fields"), active.options.get("without")
    put = fields if isinstance(fields, dict) else {}
    left_out = {str(name) for name in without} if isinstance(without, list) else set()
    number = len(records) if active.options.get("all") else 1
    return [
        {name: value for name, value in {**record, **put}.items() if name not in left_out}
        if isinstance(record, dict) and at < number
        else record
        for at, record in enumerate(records)
    ]
