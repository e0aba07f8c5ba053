"""Bodies and tokens that the tests share."""

import json
from typing import Any

import jwt

#: The `info` swagger's record of 07.2024, with a UIT whose check digits are right.
SWAGGER_RECORD: dict[str, Any] = {
    "id": 123,
    "uit": "3A0C4D7E9F1H2J47",
    "cod_decl": 8000000000,
    "den_decl": "TEST SRL",
    "data_transp": "2024-06-24T00:00:00",
    "data_exp_uit": "2024-06-29T00:00:00",
    "ref_decl": "XXX",
    "tr_cod": "8000000000",
    "tr_den": "TEST SRL",
    "nr_veh": "B0000",
    "loc_start": {
        "tip_loc": "ADR",
        "adresa_completa": "str. Test",
        "judet": "B",
        "localitate": "B",
        "strada": "asdsad",
        "numar": "00",
        "alte_info": "-",
    },
    "loc_final": {"tip_loc": "PTF", "adresa_completa": "PTF Nădlac, Jud. Arad", "judet": "AR"},
    "documente": "XXX",
}

WAF_PAGE = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
    "Please consult with your administrator."
    "Your support ID is: 1234567890</body></html>"
)


def record(**changes: Any) -> dict[str, Any]:
    """Return the swagger's record with some fields changed; None removes a field."""
    merged = {**SWAGGER_RECORD, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def body_of(value: Any) -> bytes:
    """JSON bytes, with diacritics as they are."""
    return json.dumps(value, ensure_ascii=False).encode()


def signed(**claims: Any) -> str:
    """Return a JWT with these claims."""
    return jwt.encode(claims, "k" * 64, algorithm="HS512")
