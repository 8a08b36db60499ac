"""Telephone numbers as people and systems write them, in the one form they are compared in.

E.164 (ITU-T): a plus, the country's calling code, the number without what is dialled at home only.
A number in national form says so by its trunk prefix, and needs to be told of which country it is;
nothing is guessed.
"""

from collections.abc import Mapping

#: What stands between the digits of a telephone number and is no part of it.
SEPARATORS = " -./()\u00a0\u2010\u2011\u2013\u202f"

#: Region (ISO 3166-1) → its calling code, the prefix dialled before a number at home, and whether
#: that prefix may be left out. Source: the national numbering plans that ITU-T E.164 lists.
_PLANS: Mapping[str, tuple[str, str, bool]] = {
    "AE": ("971", "0", False),
    "AR": ("54", "0", False),
    "AT": ("43", "0", False),
    "AU": ("61", "0", False),
    "BE": ("32", "0", False),
    "BG": ("359", "0", False),
    "BR": ("55", "0", False),
    "CA": ("1", "1", True),
    "CH": ("41", "0", False),
    "CL": ("56", "", True),
    "CN": ("86", "0", False),
    "CO": ("57", "", True),
    "CY": ("357", "", True),
    "CZ": ("420", "", True),
    "DE": ("49", "0", False),
    "DK": ("45", "", True),
    "EE": ("372", "", True),
    "EG": ("20", "0", False),
    "ES": ("34", "", True),
    "FI": ("358", "0", False),
    "FR": ("33", "0", False),
    "GB": ("44", "0", False),
    "GR": ("30", "", True),
    "HK": ("852", "", True),
    "HR": ("385", "0", False),
    "HU": ("36", "06", False),
    "IE": ("353", "0", False),
    "IL": ("972", "0", False),
    "IN": ("91", "0", False),
    "IS": ("354", "", True),
    "IT": ("39", "", True),
    "JP": ("81", "0", False),
    "KE": ("254", "0", False),
    "KR": ("82", "0", False),
    "LI": ("423", "", True),
    "LT": ("370", "0", False),
    "LU": ("352", "", True),
    "LV": ("371", "", True),
    "MT": ("356", "", True),
    "MX": ("52", "", True),
    "NG": ("234", "0", False),
    "NL": ("31", "0", False),
    "NO": ("47", "", True),
    "NZ": ("64", "0", False),
    "PL": ("48", "", True),
    "PT": ("351", "", True),
    "RO": ("40", "0", False),
    "SE": ("46", "0", False),
    "SG": ("65", "", True),
    "SI": ("386", "0", False),
    "SK": ("421", "0", False),
    "TR": ("90", "0", False),
    "UA": ("380", "0", False),
    "US": ("1", "1", True),
    "ZA": ("27", "0", False),
}
#: What is dialled before a calling code; everywhere else it is 00.
_ABROAD: Mapping[str, str] = {"AU": "0011", "CA": "011", "HK": "001", "JP": "010", "US": "011"}

REGIONS = frozenset(_PLANS)


def normal_number(text: str, region: str = "") -> str:
    """The number without separators, and in international form where that is known.

    "(0)" in an international number is what is dialled at home only. `region` is the country in
    whose national form it may be; without one, or where it is in no form of it, the digits stay as
    they are, and are nobody's.
    """
    if text.lstrip(SEPARATORS).startswith(("+", "00")):
        text = text.replace("(0)", "")
    digits = "".join(sign for sign in text if sign not in SEPARATORS)
    if (
        region not in _PLANS
        or digits.startswith("+")
        or not (digits.isascii() and digits.isdigit())
    ):
        return digits
    code, trunk, may_lack = _PLANS[region]
    abroad = _ABROAD.get(region, "00")
    if digits.startswith(abroad):
        return f"+{digits.removeprefix(abroad)}"
    if trunk and digits.startswith(trunk):
        return f"+{code}{digits.removeprefix(trunk)}"
    return f"+{code}{digits}" if may_lack else digits


def phone_forms(number: str, region: str = "") -> tuple[str, ...]:
    """Every text without separators in which a system may hold an international number.

    For systems that compare by themselves: what they find is then compared in its normal form.
    """
    code = next((code for code in _CODES if number.startswith(f"+{code}")), "")
    rest = number.removeprefix(f"+{code}")
    found = [number, f"00{number[1:]}"]
    if code:
        found.append(f"+{code}0{rest}")  # once +49 (0)30 has lost its brackets
    if region in _PLANS and _PLANS[region][0] == code:
        _, trunk, may_lack = _PLANS[region]
        found += [f"{_ABROAD.get(region, '00')}{code}{rest}", f"{trunk}{rest}"]
        found += [rest] if may_lack else []
    return tuple(dict.fromkeys(found))


#: Every calling code that is known, the longer before those it begins with.
_CODES = sorted({code for code, _, _ in _PLANS.values()}, key=len, reverse=True)
