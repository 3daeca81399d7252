"""p"""
from __future__ import annotations
from datetime import timedelta
from tests.assets.college import College, ANN, BEN, CEM
from tests.courses.school import *
from tests.courses.test_catalogue import crowd

def show(ran, *assets):
    for a in assets:
        for k, d in ran.materialized(a).items():
            for name, v in d.metadata.items():
                print("  ", a, "|", name, "|", [dict(r.data) for r in v.records] if hasattr(v,"records") else v.value)
    for e in ran.events:
        if e.event_type.value.endswith("EVALUATION"):
            d=e.asset_check_evaluation_data
            print("   CHECK", d.check_name, d.passed, d.severity, d.description)
    print(dict(ran.tags), ran.errors)

def test_probe(college: College) -> None:
    college.settle()
    college.school.files["courses"][0]["title"] = "New"
    college.school.files["courses"].append(course(9, term=FALL))
    college.school.files["enrollments"].append(enrollment("zoe@college.example", 1))
    college.school.files["university_events"].append(event("c", "Open House", START, status="cancelled"))
    college.school.arrive()
    ran = college.run(config={"google_calendars": {"dry_run": True}})
    show(ran, "course_catalogue","course_events","google_changes","google_calendars")
    print("ASSERT", ran.success, ran.check("failed_users").metadata)
    crowd(college.school)
    college.school.arrive()
    ran = college.run(assets=["course_catalogue"])
    show(ran, "course_catalogue")
    college.school.files["courses"] = college.school.files["courses"][10:]
    college.school.files["enrollments"] = college.school.files["enrollments"][10:]
    college.school.files["users"] = college.school.files["users"][10:]
    college.school.files["meeting_times"] = college.school.files["meeting_times"][10:]
    college.school.arrive()
    ran = college.run(assets=["course_catalogue"])
    show(ran, "course_catalogue")
    from scheduling_pipeline.calendars.holds import held_plans
    print(held_plans(college.engine)[0])
    assert 0, "end"

def test_probe2(college: College) -> None:
    college.settle()
    college.school.files["courses"][0]["title"] = "New"
    college.project.revoke(BEN)
    college.project.call(college.accounts[ANN], 'DELETE', f'/calendars/{college.calendars[ANN]}')
    college.school.arrive()
    ran = college.run()
    show(ran, "course_catalogue","course_events","google_changes","google_calendars")
    college.school.files["courses"][0]["title"] = "Newer"
    college.school.arrive()
    ran = college.run()
    show(ran, "course_events","google_changes","google_calendars")
    ran = college.run(config={"course_events": {"users": [" ANN@college.example", "zoe@college.example", BEN]}})
    show(ran, "course_events","google_changes","google_calendars")
    assert 0, "end"
