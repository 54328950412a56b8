"""What stored values a word may mean without being spelled like them: codes, states, nationalities, ways of flow.

Knows no columns: `linking.ValueIndex` looks which of these values are stored.
"""

from __future__ import annotations

from nl2sql.spelling import normal_form, root

_CODES = {"yes": "y", "no": "n"}
"""Words that a one-letter code commonly stands for."""
_SEXES = {
    "f": ("female", "females", "woman", "women", "lady", "ladies", "girl", "girls"),
    "m": ("male", "males", "man", "men", "gentleman", "gentlemen", "boy", "boys"),
}
"""Codes of a sex, and what its people are called."""
_IRREGULAR = {
    form: verb
    for verb, forms in {
        "win": "win wins won winning", "lose": "lose loses lost losing loss losses", "sell": "sell sells sold selling",
        "break": "break breaks broke broken breaking", "steal": "steal steals stole stolen stealing",
        "withdraw": "withdraw withdraws withdrew withdrawn withdrawing",
        "freeze": "freeze freezes froze frozen freezing",
    }.items()
    for form in forms.split()
}  # fmt: skip
"""Forms of verbs that the stemmer does not bring together, of those that states are called by."""
_STATES = """
Alabama AL, Alaska AK, Arizona AZ, Arkansas AR, California CA, Colorado CO, Connecticut CT, Delaware DE, Florida FL,
Georgia GA, Hawaii HI, Idaho ID, Illinois IL, Indiana IN, Iowa IA, Kansas KS, Kentucky KY, Louisiana LA, Maine ME,
Maryland MD, Massachusetts MA, Michigan MI, Minnesota MN, Mississippi MS, Missouri MO, Montana MT, Nebraska NE,
Nevada NV, New Hampshire NH, New Jersey NJ, New Mexico NM, New York NY, North Carolina NC, North Dakota ND, Ohio OH,
Oklahoma OK, Oregon OR, Pennsylvania PA, Rhode Island RI, South Carolina SC, South Dakota SD, Tennessee TN, Texas TX,
Utah UT, Vermont VT, Virginia VA, Washington WA, West Virginia WV, Wisconsin WI, Wyoming WY
"""
"""States of the USA and their postal codes."""
_COUNTRIES = """
United States, USA, US, U.S., U.S.A., United States of America, America = American, Americans
United Kingdom, UK, U.K., Great Britain, Britain, GB, GBR = British
England = English; Scotland = Scottish; Wales = Welsh; Ireland, IE, IRL = Irish; France, FR, FRA = French
Germany, DE, DEU, GER = German, Germans; Spain, ES, ESP = Spanish; Italy, IT, ITA = Italian, Italians
Portugal, PT, PRT, POR = Portuguese; Netherlands, The Netherlands, Holland, NL, NLD, NED = Dutch
Belgium, BE, BEL = Belgian; Switzerland, CH, CHE, SUI = Swiss; Austria, AT, AUT = Austrian
Sweden, SE, SWE = Swedish, Swedes; Norway, NO, NOR = Norwegian; Denmark, DK, DNK, DEN = Danish
Finland, FI, FIN = Finnish; Poland, PL, POL = Polish; Greece, GR, GRC, GRE = Greek; Turkey, TR, TUR = Turkish
Russia, RU, RUS, Russian Federation = Russian, Russians; Ukraine, UA, UKR = Ukrainian; Czech Republic, Czechia = Czech
Iceland, IS, ISL = Icelandic
Hungary, HU, HUN = Hungarian; Romania, RO, ROU = Romanian; Bulgaria, BG, BUL = Bulgarian; Serbia, SRB = Serbian
Croatia, HR, CRO, HRV = Croatian; China, CN, CHN = Chinese; Japan, JP, JPN = Japanese
Korea, South Korea, KR, KOR = Korean; India, IN, IND = Indian, Indians; Pakistan, PK, PAK = Pakistani
Israel, IL, ISR = Israeli; Egypt, EG, EGY = Egyptian; Nigeria, NG, NGA = Nigerian; Kenya, KE, KEN = Kenyan
South Africa, ZA, RSA, ZAF = South African; Canada, CA, CAN = Canadian, Canadians; Mexico, MX, MEX = Mexican
Brazil, BR, BRA = Brazilian; Argentina, AR, ARG = Argentine, Argentinian; Chile, CL, CHI, CHL = Chilean
Colombia, CO, COL = Colombian; Cuba, CU, CUB = Cuban; Australia, AU, AUS = Australian; New Zealand, NZ, NZL = Kiwi
Asia = Asian; Europe = European; Africa = African
"""
"""Names of a country, and after the = what its people and things are called."""

_SHORT = {
    "human resources": "hr", "information technology": "it", "quality assurance": "qa", "quality control": "qc",
    "public relations": "pr", "customer service": "cs", "customer support": "cs", "computer science": "cs",
    "electrical engineering": "ee", "mechanical engineering": "me", "managing director": "md", "los angeles": "la",
    "san francisco": "sf", "hong kong": "hk", "puerto rico": "pr",
}  # fmt: skip
"""What is called by its initials, also where those spell the code of a state or where one of its words is a value."""

WAYS = (
    ("credit", "debit"), ("cr", "dr"), ("credits", "debits"), ("in", "out"), ("inbound", "outbound"),
    ("incoming", "outgoing"), ("income", "expense"), ("revenue", "expense"), ("deposit", "withdrawal"),
    ("receipt", "shipment"), ("receipt", "issue"), ("receipt", "dispatch"), ("received", "shipped"),
    ("received", "sent"), ("purchase", "sale"), ("money in", "money out"), ("stock in", "stock out"),
)  # fmt: skip
"""Pairs of values that say which way money or goods go: what comes in, what goes out."""
_IN, _OUT = (frozenset(pair[way] for pair in WAYS) for way in (0, 1))
_SAYS_IN = "received, receive, income, earned, earn, earnings, arrived, arrive, arrivals, incoming, receipts, deposited"
_SAYS_OUT = (
    "spend, spent, spending, expenses, expenditure, outgoing, outgoings, shipped, ship, shipments, dispatched, sent,"
    "left, withdrew, costs"
)
_SAYS_BOTH = "paid, pay, payment, payments, paying, net, balance, flow, flows, out, came, come, went, go"


def _entries(text: str) -> list[tuple[list[str], list[str]]]:
    lines = (line for part in text.strip().splitlines() for line in part.split(";"))
    return [(_forms(names), _forms(said)) for names, _, said in (line.partition("=") for line in lines)]


def _forms(text: str) -> list[str]:
    return [form for part in text.split(",") if (form := normal_form(part))]


def _built() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {said: [code] for said, code in _CODES.items()}
    for state in _STATES.replace("\n", " ").split(","):
        name, _, code = state.strip().rpartition(" ")
        found.setdefault(normal_form(name), []).append(normal_form(code))
    for names, said in _entries(_COUNTRIES):
        for one in (*names, *said):
            if len(one) > 2 or one in ("us", "uk"):  # other codes of two letters are too often words
                found.setdefault(one, []).extend(name for name in names if name != one)
    for code, people in _SEXES.items():
        found.update({one: [code, *(other for other in people if other != one)] for one in people if one != "man"})
    return {said: tuple(dict.fromkeys(forms)) for said, forms in found.items()}


SHORTEST_KIN = 4
"""Letters from which on a word tells its family."""
_MEANT = _built()
_POSTAL = {"us", "uk"} | {normal_form(state)[-2:] for state in _STATES.replace("\n", " ").split(",")}
_PEOPLES = frozenset(one for _, said in _entries(_COUNTRIES) for one in said)
MOST_WORDS = max(said.count(" ") + 1 for said in _MEANT)
_WAY_OF = {root(word): ways for said, ways in (
    (_SAYS_IN, (0,)), (_SAYS_OUT, (1,)), (_SAYS_BOTH, (0, 1)),
) for word in _forms(said)}  # fmt: skip


def meant(form: str) -> tuple[str, ...]:
    """The values, in normal form, that words of this normal form may mean.

    >>> meant("yes"), meant("california"), meant("french")
    (('y',), ('ca',), ('france', 'fr', 'fra'))
    """
    return _MEANT.get(form, ())


def is_people(form: str) -> bool:
    """Whether words are what a country's people and things are called: its language may be called so as well.

    >>> is_people("german"), is_people("germany")
    (True, False)
    """
    return form in _PEOPLES


def family(form: str) -> str:
    """What the words of one family share, irregular verbs among them; empty for one that is too short to tell.

    >>> family("won"), family("winning"), family("cancelled"), family("cut")
    ('win', 'win', 'cancel', '')
    """
    verb = _IRREGULAR.get(form, form)
    return root(verb) if verb != form or form in _IRREGULAR.values() or len(form) >= SHORTEST_KIN else ""


def is_short_for(code: str, form: str) -> bool:
    """Whether a code is known to be short for words; both in normal form.

    >>> is_short_for("ny", "new york"), is_short_for("hr", "human resources"), is_short_for("hr", "highest revenue")
    (True, True, False)
    """
    return _SHORT.get(form) == code or code in meant(form)


def is_often_chance(code: str) -> bool:
    """Whether initials that spell this code likely do so by chance: a state's code, «us», «uk».

    >>> is_often_chance("us"), is_often_chance("ca"), is_often_chance("hr")
    (True, True, False)
    """
    return code in _POSTAL


def ways_of(form: str) -> tuple[int, ...]:
    """Which ways a word may say that money or goods go: 0 in, 1 out.

    >>> ways_of("spent"), ways_of("received"), ways_of("paid"), ways_of("blue")
    ((1,), (0,), (0, 1), ())
    """
    return _WAY_OF.get(root(form), ()) if form.isalpha() else ()


def way_of(value: str) -> int | None:
    """Which way a stored value, in normal form, says that its row goes.

    >>> way_of("inbound"), way_of("dr"), way_of("returned")
    (0, 1, None)
    """
    return 0 if value in _IN else 1 if value in _OUT else None


def has_both_ways(values: set[str]) -> bool:
    """Whether values, in normal form, say of rows which way they go: some pair of `WAYS` is among them."""
    return any(values.issuperset(pair) for pair in WAYS)
