"""The people who may sign in, kept by admins; and what everybody did."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.audit import differences
from scheduling_pipeline.desk.roles import Role
from tests.desk.people import JUICER, NOW, Office

PASSWORD = "correct horse battery"


def test_an_admin_adds_somebody_who_can_then_sign_in(both: Office) -> None:
    admin = both.person(Role.ADMIN)
    sent = admin.send("/users", {"name": "Noa Reed", "role": "viewer", "password": PASSWORD})
    assert sent.status_code == 303
    assert users.check_password(both.engine, "Noa Reed", PASSWORD)
    (row,) = both.audit("user.add")
    assert (row.who, row.subject, row.after) == (admin.name, "user Noa Reed", {"role": "viewer"})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "Noa", "role": "viewer", "password": "too short"}, "A password has 12 to 200 characters."),
        ({"name": "Noa", "role": "viewer", "password": "x" * 201}, "A password has 12 to 200 characters."),
        ({"name": " ", "role": "viewer", "password": PASSWORD}, "A user needs a name"),
        ({"name": "Noa", "role": "king", "password": PASSWORD}, "Choose a role."),
        ({"name": "ADMIN Adminson", "role": "viewer", "password": PASSWORD}, "There is a user"),
    ],
)
def test_a_wrong_user_is_refused(both: Office, fields: dict[str, str], why: str) -> None:
    answer = both.person(Role.ADMIN).send("/users", fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert len(users.users(both.engine)) == 1


def test_another_role_holds_from_the_next_sign_in(both: Office) -> None:
    app = both.app
    admin, mia = both.person(Role.ADMIN, app=app), both.person(name="Mia", app=app)
    number = users.user_named(both.engine, "Mia").id
    assert admin.send(f"/users/{number}", {"role": "viewer", "is_active": "on"}).status_code == 303
    assert mia.look("/").status_code == 303
    assert users.user_named(both.engine, "Mia").role is Role.VIEWER
    (row,) = both.audit("user.change")
    assert (row.before["role"], row.after["role"]) == ("manager", "viewer")


def test_the_last_admin_stays(both: Office) -> None:
    admin = both.person(Role.ADMIN)
    number = users.user_named(both.engine, admin.name).id
    for fields in ({"role": "admin"}, {"role": "manager", "is_active": "on"}):
        answer = admin.send(f"/users/{number}", fields)
        assert answer.status_code == 400
        assert "The last admin cannot be taken away" in answer.text
    both.person(Role.ADMIN, name="Another")
    assert admin.send(f"/users/{number}", {"role": "admin"}).status_code == 303


def test_a_new_password_replaces_the_old_one(both: Office) -> None:
    app = both.app
    admin = both.person(Role.ADMIN, app=app)
    users.add_user(both.engine, "Noa", Role.VIEWER, PASSWORD, who="the test", now=NOW)
    number = users.user_named(both.engine, "Noa").id
    assert admin.send(f"/users/{number}/password", {"password": "short"}).status_code == 400
    assert admin.send(f"/users/{number}/password", {"password": PASSWORD * 2}).status_code == 303
    assert users.check_password(both.engine, "Noa", PASSWORD) is None
    assert users.check_password(both.engine, "Noa", PASSWORD * 2)
    assert admin.send("/users/999/password", {"password": PASSWORD}).status_code == 400
    (row,) = both.audit("user.password")
    assert (row.before, row.after) == (None, None)


def test_weaker_hashes_are_made_anew(both: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    users.add_user(both.engine, "Noa", Role.VIEWER, PASSWORD, who="the test", now=NOW)
    monkeypatch.setattr(users, "_hasher", PasswordHasher(time_cost=4))
    assert users.check_password(both.engine, "Noa", PASSWORD)
    with both.engine.connect() as connection:
        assert ",t=4," in connection.execute(select(DeskUser.password_hash)).scalar_one()


def test_the_audit_shows_before_and_after_in_words(both: Office) -> None:
    both.employ("US100001", JUICER)
    manager = both.person()
    manager.send("/employees/US100001/last-day", {"last_day": "2026-03-31"})
    manager.send("/employees/US100001/last-day", {"last_day": "2026-04-30"})
    page = manager.look("/audit").text
    assert "<del>2026-03-31</del> <ins>2026-04-30</ins>" in page
    assert "employee US100001" in page
    assert page.index("2026-04-30") < page.index("<ins>2026-03-31")  # the newest first


def test_the_audit_is_searched_and_paged(both: Office) -> None:
    app = both.app
    mia, noa = both.person(name="Mia", app=app), both.person(name="Noa", app=app)
    for number in range(51):
        mia.send("/holidays", {"name": f"Day {number:02}", "date": "2026-07-03"})
    noa.send("/holidays", {"name": "50% off", "date": "2026-07-03"})
    assert "50% off" not in mia.look("/audit?who=Mia").text
    assert "holiday 50% off" in mia.look("/audit?q=50%25").text
    assert "Day 01" not in mia.look("/audit?q=50%25").text
    first = mia.look("/audit?who=Mia").text
    assert "holiday Day 00" not in first
    older = first.split('href="/audit?')[1].split('"')[0].replace("&amp;", "&")
    assert "holiday Day 00" in mia.look(f"/audit?{older}").text
    assert "Nothing was done yet" in mia.look("/audit?q=nothing like it").text


def test_differences_go_leaf_by_leaf() -> None:
    before = {"juicer": {"monday": "A", "friday": None}, "stores": ["1", "2"], "active": True, "same": 1}
    after = {"juicer": {"monday": "B", "friday": "A"}, "stores": [], "active": False, "same": 1}
    assert differences(before, after) == [
        ("active", "yes", "no"),
        ("juicer, friday", "", "A"),
        ("juicer, monday", "A", "B"),
        ("stores", "1, 2", ""),
    ]
    assert differences(None, None) == []
