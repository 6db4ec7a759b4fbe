"""Which errands are done next, and together. Pure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.errands import Errand, Job
from provisioner.service.batching import MOST_TOGETHER, TRIES, next_job, pause_after

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def errand(number: int, job: Job = Job.SYNC, only: str | None = None) -> Errand:
    return Errand(number, "redi", job, "enrolment", "p-anna", NOW, only)


def ids(errands: list[Errand], most: int = MOST_TOGETHER) -> list[int]:
    return [one.id for one in next_job(errands, most)]


def test_nothing_that_is_due_is_no_job() -> None:
    assert ids([]) == []


def test_syncs_of_a_few_are_one_job() -> None:
    assert ids([errand(3, only="p-ben"), errand(1, only="p-anna"), errand(2, only="pg-lora")]) == [1, 2, 3]


def test_no_more_than_two_hundred_ids_are_one_job_and_the_oldest_come_first() -> None:
    due = [errand(number, only=f"p-{number}") for number in range(250)]
    assert ids(due) == list(range(200))
    assert ids(due[200:]) == list(range(200, 250))


def test_an_id_that_is_asked_for_twice_counts_once() -> None:
    due = [errand(1, only="p-anna"), errand(2, only="p-ben"), errand(3, only="p-cleo"), errand(4, only="p-anna")]
    assert ids(due, most=2) == [1, 2, 4]


def test_a_sync_of_everything_takes_those_of_a_few_along() -> None:
    due = [errand(number, only=f"p-{number}") for number in range(250)]
    assert ids([*due, errand(250)]) == list(range(251))


def test_approved_plans_are_applied_one_by_one() -> None:
    assert ids([errand(1, Job.APPLY), errand(2, Job.APPLY)]) == [1]


def test_people_wait_for_syncs_first_and_for_tidying_never() -> None:
    due = [errand(number, job) for number, job in enumerate(reversed(Job))]
    order = []
    while batch := next_job(due):
        order.append(batch[0].job)
        due = [one for one in due if one not in batch]
    assert order == [Job.SYNC, Job.APPLY, Job.PLAN, Job.SOURCES, Job.ROOMS, Job.REMIND, Job.TIDY]


@given(
    st.lists(st.tuples(st.sampled_from(list(Job)), st.sampled_from([None, "p-anna", "p-ben", "p-cleo"])), max_size=30),
    st.integers(1, 5),
)
def test_every_errand_is_in_exactly_one_job_in_the_end(wanted: list[tuple[Job, str | None]], most: int) -> None:
    due = [errand(number, job, only) for number, (job, only) in enumerate(wanted)]
    done: list[int] = []
    while batch := next_job(due, most):
        done += [one.id for one in batch]
        due = [one for one in due if one not in batch]
    assert sorted(done) == list(range(len(wanted)))


def test_pauses_grow_from_ten_seconds_to_half_an_hour_and_then_it_is_given_up() -> None:
    pauses = [pause_after(tries) for tries in range(1, TRIES + 1)]
    assert pauses[0] == timedelta(seconds=10)
    assert pauses[-2] == timedelta(minutes=30)
    assert pauses[:-1] == sorted(pause for pause in pauses if pause is not None)
    assert pauses[-1] is None
