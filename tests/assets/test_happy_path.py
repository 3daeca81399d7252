from __future__ import annotations
from tests.end_to_end.pipeline import ENGLISH, FRENCH, GERMAN, SFS, Pipeline

def test_try(pipeline: Pipeline) -> None:
    import time
    for a in ((SFS,),(ENGLISH,FRENCH,GERMAN),(SFS,)):
        t=time.time()
        ran = pipeline.run(*a)
        print(a, time.time()-t, ran.success, ran.failed_checks, ran.errors)
        for n in ("timetable","outlook_events","outlook_changes","outlook_calendars"):
            for k,m in ran.materialized(n).items(): print(n,k,{x:str(y.value)[:60] for x,y in m.metadata.items()}, m.tags)
    assert 0
