"""Lists as people paste them, with what must come of each. Names and numbers are invented."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FleetCase:
    """`to_confirm` and `wrong` are how many rows; `drivers` by plate: the name and the phone."""

    text: str
    vehicles: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()
    drivers: dict[str, tuple[str, str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    skipped: tuple[int, ...] = ()
    to_confirm: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()


FLEETS = {
    "a counter that is headed like a plate": FleetCase(
        "Nr.\tNumăr înmatriculare\n17\tB 210 KLM\n18\tB 211 KLM\n19\tB 212 KLM\n",
        ("B210KLM", "B211KLM", "B212KLM"),
        skipped=(1,),
    ),
    "tractors and trailers side by side": FleetCase(
        "Autovehicul;Semiremorcă\nTM 21 ABC;AR 31 REM\nTM 22 ABC;AR 32 REM\n",
        ("TM21ABC", "TM22ABC"),
        ("AR31REM", "AR32REM"),
        skipped=(1,),
    ),
    "the same without heads": FleetCase(
        "TM 21 ABC;AR 31 REM\nTM 22 ABC;AR 32 REM\nTM 23 ABC;\n",
        ("TM21ABC", "TM22ABC", "TM23ABC"),
        ("AR31REM", "AR32REM"),
    ),
    "a title above, a total below": FleetCase(
        "FLOTA 2026\n\nNr. înmatriculare;Tip;Marcă\nB 210 KLM;cap tractor;Scania\n"
        "AR 31 REM;semiremorcă;Krone\nTotal: 2 buc.;;\n",
        ("B210KLM",),
        ("AR31REM",),
        notes={"B210KLM": "Scania", "AR31REM": "Krone"},
        skipped=(1, 3, 6),
    ),
    "a title and no heads": FleetCase(
        "Parcul firmei, noiembrie 2026\nB 210 KLM\nB 211 KLM\n",
        ("B210KLM", "B211KLM"),
        skipped=(1,),
    ),
    "a title of a part and heads printed again": FleetCase(
        "Nr. auto\tFel\nB 210 KLM\tcamion\nREMORCI\t\nNr. auto\tFel\nAR 31 REM\tremorcă\n",
        ("B210KLM",),
        ("AR31REM",),
        skipped=(1, 3, 4),
    ),
    "a quotation mark too many": FleetCase(
        'Nr. înmatriculare;Observații\nB 210 KLM;"Volvo FH 460\nB 211 KLM;MAN\nB 212 KLM;DAF\n',
        ("B210KLM", "B211KLM", "B212KLM"),
        notes={"B210KLM": "Volvo FH 460", "B211KLM": "MAN"},
        skipped=(1,),
    ),
    "two quotation marks too many": FleetCase(
        'B 210 KLM;"Volvo\nB 211 KLM;MAN"\nB 212 KLM;15" jante\n',
        ("B210KLM", "B211KLM", "B212KLM"),
        notes={"B212KLM": '15" jante'},
    ),
    "a column in quotation marks that never close": FleetCase(
        '"B 210 KLM\nB 211 KLM"\nB 212 KLM\n', ("B210KLM", "B211KLM", "B212KLM")
    ),
    "a cell of two lines": FleetCase(
        'Nr. auto;Obs\nB 210 KLM;"Volvo\nalb"\nB 211 KLM;MAN\n',
        ("B210KLM", "B211KLM"),
        notes={"B210KLM": "Volvo alb"},
        skipped=(1,),
    ),
    "categories of the registration certificate": FleetCase(
        "Nr. inmatriculare;Categorie\nB 210 KLM;N3\nTM 21 ABC;N2\nAR 31 REM;O4\n",
        ("B210KLM", "TM21ABC"),
        ("AR31REM",),
        skipped=(1,),
    ),
    "a dispatcher's own sheet": FleetCase(
        "FLOTA TRANS EXEMPLU - la 15.11.2026\n\n"
        "Nr. crt.\tCap tractor\tSemiremorcă\tȘofer\tTelefon\tObs\n"
        "1\tVS 21 KLM\tB 41 REM\tPopa Gheorghe\t0722 123 456\t\n"
        "2\tAG 22 KLM\tSV 42 REM\tIonescu V.\t+40 733 222 111\tRCA exp. 12.12\n"
        "3\tB-323-KLM\tB967REM\tToader Mihai\t0744.555.666\tÎn service\n"
        "4\tCJ 24 KLM\t\tPapp István\t\t\n"
        "5\t\t\t\t\t\nTOTAL\t4\t3\t\t\t\n",
        ("VS21KLM", "AG22KLM", "B323KLM", "CJ24KLM"),
        ("B41REM", "SV42REM", "B967REM"),
        drivers={
            "VS21KLM": ("Popa Gheorghe", "0722123456"),
            "AG22KLM": ("Ionescu V.", "+40733222111"),
            "B323KLM": ("Toader Mihai", "0744555666"),
            "CJ24KLM": ("Papp István", ""),
            "B41REM": ("", ""),
        },
        notes={"AG22KLM": "RCA exp. 12.12", "B323KLM": "În service", "B967REM": ""},
        skipped=(1, 3, 8, 9),
    ),
    "the same without heads, other order": FleetCase(
        "Popa Gheorghe\t0722 123 456\tVS 21 KLM\tB 41 REM\n"
        "Ionescu Vasile\t0733 222 111\tAG 22 KLM\tSV 42 REM\n",
        ("VS21KLM", "AG22KLM"),
        ("B41REM", "SV42REM"),
        drivers={"VS21KLM": ("Popa Gheorghe", "0722123456")},
    ),
    "driver and phone in one cell": FleetCase(
        "Nr. auto;Șofer\nB 210 KLM;Popa Gheorghe 0722.123.456\n",
        ("B210KLM",),
        drivers={"B210KLM": ("Popa Gheorghe", "0722123456")},
        skipped=(1,),
    ),
    "a plate and something else": FleetCase(
        "B 210 KLM 0722123456\nB 211 KLM / Popescu Dan\nCB 1234 AB Popescu\nB 212 KLM\n",
        ("B212KLM",),
        to_confirm=(1, 2, 3),
    ),
    "two plates in a cell": FleetCase(
        "Nr. auto;Marca\nB 210 KLM AR31REM;Volvo\nB 211 KLM;MAN\n",
        ("B211KLM",),
        skipped=(1,),
        to_confirm=(2,),
    ),
    "plates of other countries": FleetCase(
        "Nr. auto\tMarca\nCB 1234 AB\tDAF\nM-AB 1234\tMAN\n34 ABC 123\tFord\n",
        ("CB1234AB", "MAB1234", "34ABC123"),
        skipped=(1,),
    ),
    "a counter beside plates of other countries": FleetCase(
        "Nr.\tNumăr\n9\tCB 1234 AB\n10\tM-AB 1234\n", ("CB1234AB", "MAB1234"), skipped=(1,)
    ),
    "a counter of one row": FleetCase("Nr.\tNumăr\n1\tCB 1234 AB\n", ("CB1234AB",), skipped=(1,)),
    "a phone where a plate should be": FleetCase(
        "Nr. auto;Notă\nB 210 KLM;a\n0722123456;b\n", ("B210KLM",), skipped=(1,), wrong=(3,)
    ),
    "a head that lies": FleetCase(
        "Auto\tNr. de inventar\nVolvo FH\tB 210 KLM\nMAN TGX\tB 211 KLM\n",
        ("B210KLM", "B211KLM"),
        notes={"B210KLM": "Volvo FH"},
        skipped=(1,),
    ),
    "the head is in the tenth row": FleetCase(
        "\n".join(f"Adresa {number}" for number in range(9))
        + "\nTelefon;Nr. auto\n0722123456;B 210 KLM\n",
        ("B210KLM",),
        drivers={"B210KLM": ("", "0722123456")},
        skipped=tuple(range(1, 11)),
    ),
    "a title of a part without a head": FleetCase(
        "B 210 KLM\ncamion\nB 211 KLM\n", ("B210KLM", "B211KLM"), wrong=(2,)
    ),
}


@dataclass(frozen=True)
class CompaniesCase:
    """The names by CUI."""

    text: str
    companies: dict[str, str]
    skipped: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()


FIRST, SECOND = "900010100", "900020201"
COMPANIES = {
    "a counter first": CompaniesCase(
        f"1\tRO{FIRST}\tExemplu Trans SRL\n2\tRO{SECOND}\tTrans Țepeș SRL\n",
        {FIRST: "Exemplu Trans SRL", SECOND: "Trans Țepeș SRL"},
    ),
    "an export whose counters have fitting check digits": CompaniesCase(
        "Nr.\tDenumire\tCod fiscal\tReg. com.\tAdministrator\n"
        f"19\tAGRO UNU SRL-D\t{FIRST}\tJ10/357/2019\tPopescu Ana\n"
        f"27\tTRANS ȚEPEȘ SRL\tRO {SECOND}\tJ40/1/2020\tIonescu Dan\n",
        {FIRST: "AGRO UNU SRL-D", SECOND: "TRANS ȚEPEȘ SRL"},
        skipped=(1,),
    ),
    "the same without heads": CompaniesCase(
        f"19\tPopescu Ana\tAGRO UNU SRL-D\t{FIRST}\tJ10/357/2019\n"
        f"27\tIonescu Dan\tTRANS ȚEPEȘ SRL\tRO {SECOND}\tJ40/1/2020\n",
        {FIRST: "AGRO UNU SRL-D", SECOND: "TRANS ȚEPEȘ SRL"},
    ),
    "the CUI first, nothing but people after the name": CompaniesCase(
        f"{FIRST};Agro Unu;J10/357/2019;Popescu Ana\n{SECOND};Trans Doi;J40/1/2020;Ionescu Dan\n",
        {FIRST: "Agro Unu", SECOND: "Trans Doi"},
    ),
    "a label before the CUI": CompaniesCase(f"CIF: RO{FIRST} Exemplu", {FIRST: "Exemplu"}),
    "labels after the names": CompaniesCase(
        f"Exemplu SRL, C.U.I. RO {FIRST}\nTrans Doi SRL, cod fiscal {SECOND}\n",
        {FIRST: "Exemplu SRL", SECOND: "Trans Doi SRL"},
    ),
    "numbered by hand": CompaniesCase(
        f"1. RO{FIRST} Exemplu SRL\n2. RO{SECOND} Trans 2000 SRL\n",
        {FIRST: "Exemplu SRL", SECOND: "Trans 2000 SRL"},
    ),
    "a title and a total": CompaniesCase(
        f"CLIENȚI 2026\n\nCUI;Firma\n{FIRST};Exemplu SRL\n{SECOND};Trans Doi SRL\nTotal;2\n",
        {FIRST: "Exemplu SRL", SECOND: "Trans Doi SRL"},
        skipped=(1, 3, 6),
    ),
    "some the CUI first, some the name": CompaniesCase(
        f"{FIRST};Exemplu SRL\nTrans Doi SRL;{SECOND}\n",
        {FIRST: "Exemplu SRL", SECOND: "Trans Doi SRL"},
    ),
    "a phone beside a wrong CUI": CompaniesCase(
        f"{FIRST};Exemplu SRL;0722123002\n900020202;Trans Doi SRL;0722123002\n",
        {FIRST: "Exemplu SRL"},
        wrong=(2,),
    ),
    "counters with fitting check digits beside old, short CUIs": CompaniesCase(
        "19\tAgro Unu SRL\t41035\n27\tTrans Doi SRL\t7009\n",
        {"41035": "Agro Unu SRL", "7009": "Trans Doi SRL"},
    ),
    "a phone where the CUI is missing": CompaniesCase(
        f"{FIRST};Exemplu SRL;0722123002\nnu are;Trans Doi SRL;0722123002\n",
        {FIRST: "Exemplu SRL"},
        wrong=(2,),
    ),
    "two CUIs in a cell": CompaniesCase(f"{FIRST} {SECOND}\n", {}, wrong=(1,)),
    "spaces in the CUI": CompaniesCase("RO 14 399 840 Trans Ana\n", {"14399840": "Trans Ana"}),
    "a quotation mark too many": CompaniesCase(
        f'CUI;Denumire\n{FIRST};"Exemplu SRL\n{SECOND};Trans Doi SRL\n',
        {FIRST: "Exemplu SRL", SECOND: "Trans Doi SRL"},
        skipped=(1,),
    ),
}
