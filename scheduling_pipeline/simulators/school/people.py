"""Who works at the school: teachers as the booking site spells them, and their directory accounts.

Every name is invented. A few people are there for their names: accents, compound and hyphenated surnames,
two accounts of one name, a teacher without an account.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.school.model import Account

DOMAIN = "school.example"
RECEPTION = "Reception TEAM"

SFS, ESA, ENGLISH, FRENCH, GERMAN = "17", "18", "57", "100", "101"

UNMATCHED = "Corentin ABRIEL"
HOMONYM = "Lukas TOBLER"
HALF_ACCOUNT = "Daphne ELLSWORTH-KANE"
HALF_ON_SITE = "Keira DUNMORE"


@dataclass(frozen=True, slots=True)
class Teacher:
    """`raw` is the site's spelling; `name` is "Given|Surname" of the directory account, None without one."""

    raw: str
    name: str | None
    agendas: tuple[str, ...]


def _teachers(agendas: tuple[str, ...], spellings: dict[str, str | None]) -> list[Teacher]:
    return [Teacher(raw, name, agendas) for raw, name in spellings.items()]


TEACHERS: tuple[Teacher, ...] = (
    *_teachers(
        (SFS, FRENCH),
        {
            "Amélie ROSSELET": "Amélie|Rosselet",
            "Bastien CORNU MAIN": "Bastien|Cornu",
            "Camille DE LA COMBE": "Camille|De la Combe",
            "Damien FAVROD": "Damien|Favrod",
            "Élodie GENOUD": "Elodie|Genoud",  # the directory has no accent
            "Fabrice HUMAIR CR": "Fabrice|Humair",
            "Gaëlle JATON": "Gaëlle|Jaton",
            "Hugo VIP/TP KERVADEC": "Hugo|Kervadec",
            "Inès LAMBELET": "Inès|Lambelet",
            "Julien MONNIER-PRAZ": "Julien|Monnier-Praz",
            "Karine NICOLLIER MAIN": "Karine|Nicollier",
            "Loïc OGUEY": "Loïc|Oguey",
            "Maëlle PITTET": "Maëlle|Pittet",
            "Nathan QUARTENOUD": "Nathan|Quartenoud",
            "Océane ROCHAZ": "Océane|Rochaz",
            "Pascal SAVIOLLE": "Pascal|Saviolle",
        },
    ),
    *_teachers((SFS, ESA, FRENCH), {"Quentin TINGUELOT": "Quentin|Tinguelot"}),
    *_teachers(
        (SFS,),
        {
            "Romain UDRIOT": "Romain|Udriot",
            "Sylvie VUILLERMET MAIN": "Sylvie|Vuillermet",
            "Thibault WUILLEMOZ": "Thibault|Wuillemoz",
        },
    ),
    *_teachers((FRENCH,), {"Yasmine ZBINDEL": "Yasmine|Zbindel", UNMATCHED: None}),
    *_teachers(
        (ESA, GERMAN),
        {
            "Annika BRUNNHOFER": "Annika|Brunnhofer",
            "Bernd ESA CASUTTI MAIN": "Bernd|Casutti",
            "Dominik SCHüRMANNS": "Dominik|Schürmanns",  # a lower-case umlaut inside capitals
            "Elke FREIMUND": "Elke|Freimund",
            "Florian GROBLER CR": "Florian|Grobler",
            "Greta HÄNNIKER": "Greta|Hänniker",
            "Heidi IMFELDER": "Heidi|Imfelder",
            "Jonas KÄGISWIL": "Jonas|Kägiswil",
            "Katrin ESA LUSTENBERG MAIN": "Katrin|Lustenberg",
            HOMONYM: "Lukas|Tobler",
            "Monika NÜSSLINGER": "Monika|Nüsslinger",
            "Niklas VON DER MATTEN": "Niklas|von der Matten",
        },
    ),
    *_teachers((ESA,), {"Petra OESCHGER": "Petra|Oeschger", "Reto ZUMSTEG MAIN": "Reto|Zumsteg"}),
    *_teachers(
        (ENGLISH,),
        {
            "Abigail THORNBURY": "Abigail|Thornbury",
            "Brendan HALLORAN": "Brendan|Halloran",
            "Callum WETHERBY": "Callum|Wetherby",
            HALF_ACCOUNT: "Daphne|Kane",
            "Edmund FAIRCLOUGH": "Edmund|Fairclough",
            "Fiona GILLESPIE": "Fiona|Gillespie",
            "Gareth PENHALIGON": "Gareth|Penhaligon",
            "Hannah ROOKWOOD": "Hannah|Rookwood",
            "Imogen STANHOPE": "Imogen|Stanhope",
            "Jasper MERRIWETHER": "Jasper|Merriwether",
            HALF_ON_SITE: "Keira|Ashby-Dunmore",
            "Liam TREVANION": "Liam|Trevanion",
        },
    ),
)

_STAFF = (  # they come before the teachers: the homonym among them was hired first and has the plain address
    Account("Lukas Tobler", "Lukas", "Tobler", f"lukas.tobler@{DOMAIN}"),
    Account("Corinne Blaserat", "Corinne", "Blaserat", f"corinne.blaserat@{DOMAIN}"),
    Account("Marc Tissotel", "Marc", "Tissotel", f"marc.tissotel@{DOMAIN}"),
    Account("Valérie Dubochet", "Valérie", "Dubochet", f"valerie.dubochet@{DOMAIN}"),
    Account("Simon Ackerli", "Simon", "Ackerli", f"simon.ackerli@{DOMAIN}"),
    Account("Reception Lausanne", "Reception", "Lausanne", f"reception.lausanne@{DOMAIN}"),
    Account("Intern Lausanne", "Intern", "Lausanne", f"intern.lausanne@{DOMAIN}", has_mailbox=False),
)

GIVEN_NAMES = (
    *("Aline", "Bruno", "Céline", "Dario", "Estelle", "Fabio", "Gloria", "Henri", "Irina", "Joël", "Klara"),
    *("Léon", "Mirjam", "Noé", "Olga", "Pablo", "Rosalie", "Stefan", "Tania", "Urs", "Vera", "Xavier", "Zoé"),
)
SURNAMES = (
    *(
        "Amaudry",
        "Berthoux",
        "Chaponnet",
        "Dutoyer",
        "Ecuvillens",
        "Fellerat",
        "Gonseth",
        "Huberlin",
        "Isenring",
    ),
    *("Jolidont", "Kellenberg", "Lugrinet", "Maillefert", "Nydeggel", "Overnard", "Perrenoux", "Ramuzat"),
    *("Schopferli", "Thalmanns", "Vauchere", "Wermeille", "Yersinat", "Zellwegg"),
)


def accounts() -> tuple[Account, ...]:
    """The tenant's directory: staff, then every teacher that has an account, with unique addresses."""
    directory = list(_STAFF)
    taken = {account.upn for account in directory}
    for teacher in TEACHERS:
        if teacher.name is not None:
            given, surname = teacher.name.split("|")
            upn = _free_upn(given, surname, taken)
            taken.add(upn)
            directory.append(Account(f"{given} {surname}", given, surname, upn))
    return tuple(directory)


def teachers_of(agenda: str) -> list[str]:
    """The raw names of the teachers of one of the five live agendas."""
    return [teacher.raw for teacher in TEACHERS if agenda in teacher.agendas]


def other_teachers(number: int) -> list[str]:
    """Three teachers, as the site spells them, of the `number`th agenda that is not live."""
    given = [GIVEN_NAMES[(3 * number + i) % len(GIVEN_NAMES)] for i in range(3)]
    surnames = [SURNAMES[(number + 7 * i) % len(SURNAMES)] for i in range(3)]
    return [f"{first} {last.upper()}" for first, last in zip(given, surnames, strict=True)]


def students(asid: str, count: int) -> list[str]:
    """The invented people who attend the session of that number."""
    rng = dice(asid, "students")
    return [f"{rng.choice(GIVEN_NAMES)} {rng.choice(SURNAMES)}" for _ in range(count)]


def _free_upn(given: str, surname: str, taken: set[str]) -> str:
    """first.last at the domain; a number is appended when another account has that address."""
    first = re.sub(r"[^a-z0-9]", "", _plain(given))
    last = re.sub(r"[^a-z0-9.]", "", _plain(surname).replace(" ", "."))
    numbers = ("", *(str(number) for number in range(2, 100)))
    return next(upn for number in numbers if (upn := f"{first}.{last}{number}@{DOMAIN}") not in taken)


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
