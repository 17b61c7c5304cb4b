"""How fast a platform is asked: never above the user's limit, and not above the platform's for
longer than a second after it has said so.

Many callers share one limiter; they are played as events on a clock, without threads.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count

import pytest

from reconciler.providers.limiter import Limiter

QUOTA = 50


def most_in_a_second(times: list[float], since: float = 0.0) -> int:
    """The largest number of these moments that one second holds, from a moment on."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(each for each in times if each >= since):
        window.append(moment)
        # What is a whole second apart lies in two seconds, also when floats say a bit less.
        while window[0] <= moment - 1.0 + 1e-5:
            window.popleft()
        most = max(most, len(window))
    return most


@dataclass
class Play:
    """So many callers with so many requests in all, on a platform with a quota a second."""

    callers: int
    requests: int
    quota: int | None = QUOTA
    retry_after: float | None = None
    latency: float = 0.02
    rate: float | None = None
    seed: int = 0
    now: float = 1000.0
    sent: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pauses: list[float] = []
        self.limiter = Limiter(lambda: self.now, self.pauses.append, self.rate)
        self.chance = random.Random(self.seed)
        self._events: list[tuple[float, int, str, object]] = []
        self._order = count()
        self._queue: deque[None] = deque()
        self._taken: deque[float] = deque()
        self._left = self.requests
        self._under_way = 0

    def run(self) -> Play:
        """Until every request was accepted."""
        for _ in range(self.callers):
            self._at(self.now + self.chance.uniform(0, 0.001), "ready", None)
        while self._events:
            self.now, _, what, turn = heapq.heappop(self._events)
            {"ready": self._ready, "arrive": self._arrive, "answer": self._answer}[what](turn)
        assert self._left == 0
        return self

    def _at(self, when: float, what: str, turn: object) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, turn))

    def _ready(self, _: object) -> None:
        if self._left > self._under_way:
            self._queue.append(None)
            self._under_way += 1
        self._let_in()

    def _let_in(self) -> None:
        while self._queue and self.limiter._running < max(1, int(self.limiter._parallel)):
            self._queue.popleft()
            turn = self.limiter.turn()
            self.pauses.clear()
            sent = turn.__enter__()
            self._at(self.now + sum(self.pauses), "arrive", (turn, sent))

    def _arrive(self, turn: object) -> None:
        self.sent.append(self.now)
        while self._taken and self._taken[0] <= self.now - 1.0:
            self._taken.popleft()
        accepted = self.quota is None or len(self._taken) < self.quota
        if accepted:
            self._taken.append(self.now)
        self._at(self.now + self.latency, "answer", (turn, accepted))

    def _answer(self, answer: object) -> None:
        (turn, sent), accepted = answer  # type: ignore[misc]
        assert isinstance(turn, AbstractContextManager)
        self._under_way -= 1
        if accepted:
            self._left -= 1
            self.limiter.accepted()
        else:
            self.refusals.append(self.now)
            self.limiter.refused(self.retry_after or 0.0, sent)
        turn.__exit__(None, None, None)
        again = 0.0 if accepted else self.retry_after or self.chance.uniform(0, 0.4)
        self._at(self.now + again, "ready", None)
        self._let_in()


@pytest.mark.parametrize("callers", [1, 4, 8, 16, 64])
@pytest.mark.parametrize("retry_after", [None, 1.0])
@pytest.mark.parametrize("latency", [0.001, 0.02, 0.3])
def test_a_platform_that_says_429_is_left_below_its_quota(
    callers: int, retry_after: float | None, latency: float
) -> None:
    for seed in range(3):
        play = Play(callers, 2000, retry_after=retry_after, latency=latency, seed=seed).run()
        if not play.refusals:
            assert callers / latency < QUOTA * 1.1
            continue
        # A refusal is known when its answer is there.
        most = most_in_a_second(play.sent, play.refusals[0] + 1.0)
        assert most <= QUOTA, f"{most} with {len(play.refusals)} refusals"
        # And not so timid that it never ends: half of what the platform would take.
        assert play.now - 1000.0 < 2000 / QUOTA * 3


@pytest.mark.parametrize("rate", [0.5, 3, 10, 33.3])
@pytest.mark.parametrize("quota", [None, QUOTA, 5])
def test_the_users_own_limit_is_never_exceeded(rate: float, quota: int | None) -> None:
    play = Play(16, 100, quota=quota, rate=rate).run()
    assert most_in_a_second(play.sent) <= max(1, int(rate) + (rate % 1 > 0))
    gaps = [after - before for before, after in zip(play.sent, play.sent[1:], strict=False)]
    assert min(gaps) >= 1 / rate - 1e-6


def test_without_a_refusal_nobody_waits() -> None:
    play = Play(64, 5000, quota=None, latency=0.001).run()
    assert play.now - 1000.0 < 5000 / 64 * 0.001 * 1.2
    assert play.limiter.rate is None


def test_parallel_calls_shrink_at_a_refusal_and_grow_back() -> None:
    limiter = Limiter(lambda: 1000.0, lambda _: None, parallel=64)
    limiter.refused(0.0, 60)
    assert limiter._parallel == 32
    limiter.refused(0.0, 60)
    assert limiter._parallel == 32, "refused together is one lesson"
    for _ in range(64 * 64):
        limiter.accepted()
    assert limiter._parallel == 64


def test_parallel_calls_stay_one_at_least() -> None:
    now = [1000.0]
    limiter = Limiter(lambda: now[0], lambda _: None)
    for _ in range(20):
        limiter.refused(0.0, 60)
        now[0] += 2.0
    assert limiter._parallel == 1
    with limiter.turn():
        assert limiter._running == 1
    assert limiter._running == 0


def test_a_pause_that_was_asked_for_holds_for_everybody() -> None:
    pauses: list[float] = []
    limiter = Limiter(lambda: 1000.0, pauses.append)
    limiter.refused(30.0, 60)
    with limiter.turn(), limiter.turn():
        pass
    assert pauses[0] == 30.0
    assert pauses[1] > 30.0


def test_the_place_is_given_back_when_the_call_fails() -> None:
    limiter = Limiter(lambda: 1000.0, lambda _: None)
    with pytest.raises(ValueError, match="no"), limiter.turn():
        raise ValueError("no")
    assert limiter._running == 0


def test_one_early_refusal_does_not_slow_a_whole_run() -> None:
    """Somebody else used up the quota: the first request is refused, and after that none."""
    play = Play(8, 1000, quota=None, latency=0.05)
    play.limiter.refused(1.0, 1)
    play.run()
    assert play.now - 1000.0 < 60


def test_the_rate_recovers_but_not_to_what_was_refused() -> None:
    play = Play(8, 5000, latency=0.005).run()
    late = [moment for moment in play.sent if moment > play.refusals[0] + 30]
    assert most_in_a_second(late) >= QUOTA * 0.7
    assert [moment for moment in play.refusals if moment > play.refusals[0] + 1.5] == []


def test_a_refusal_never_lifts_the_users_limit() -> None:
    now = [1000.0]
    limiter = Limiter(lambda: now[0], lambda _: None, rate=0.5)
    for _ in range(3):
        limiter.refused(0.0, 1)
        assert limiter.rate is not None
        assert limiter.rate <= 0.5
        for _ in range(50):
            now[0] += 2.0
            limiter.accepted()
            assert limiter.rate <= 0.5
