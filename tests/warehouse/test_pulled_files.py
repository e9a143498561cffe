"""Which files taken by earlier runs a day answers for."""

from datetime import date

from sources.pulling import Pull
from warehouse import Home, Lake, pulls

ZONE, DAY, NEXT = "zhengzhou", date(2026, 11, 10), date(2026, 11, 11)


def test_a_day_answers_for_what_hourly_runs_took_since_the_day_before_was_published(
    home: Home, lake: Lake
) -> None:
    def took(name: str, day: date, at: str) -> None:
        lake.con.execute(
            "INSERT INTO wh.ledger.pulled (zone, source, name, file_hash, business_date, pulled_at, run_id) VALUES "
            f"('{ZONE}', 'far', '{name}', 'hash of {name}', DATE '{day}', TIMESTAMP '2026-11-{at}:00', 'r')"
        )

    def published(day: date, at: str, provisional: bool = False) -> None:
        lake.con.execute(
            "INSERT INTO wh.vintages.published (zone, business_date, vintage, published_at, provisional) "
            f"VALUES ('{ZONE}', DATE '{day}', 1, TIMESTAMP '2026-11-{at}:00', {provisional})"
        )

    def answers_for(day: date) -> list[str]:
        before = pulls.known(lake, ZONE)
        listed = [Pull("far", True, seen=[name for _, name in before])]
        again = pulls.again(home, listed, before, pulls.handed_over(lake, ZONE, day))
        return sorted(name for each in again if not each.earlier for name in each.names)

    took("of-the-daily-run-before", date(2026, 11, 9), "10 06:30")
    published(date(2026, 11, 9), "10 06:31")
    took("by-day", DAY, "10 14:05")
    published(DAY, "10 14:06", provisional=True)
    took("after-midnight", NEXT, "11 00:05")
    assert answers_for(DAY) == ["after-midnight", "by-day"]
    published(DAY, "11 06:31")
    took("the-day-after", NEXT, "11 14:05")
    assert answers_for(DAY) == ["after-midnight", "by-day"], "run again it answers for the same"
    assert answers_for(NEXT) == ["after-midnight", "the-day-after"]
