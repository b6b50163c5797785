"""A Friday evening: tablets that order, cooks that bump, screens that must show all of it, once.

    COMANDA_URL=http://localhost:3000 COMANDA_TOKEN=... locust -f tests/load/locustfile.py --headless
    options: --tablets 50 --rate 2 --screens 10 --seconds 60

COMANDA_TOKEN is a manager's key (`comanda token --name rush --staff Sofia`). At the end every order is read back from
the database and compared with what every screen was sent; anything lost or doubled makes the exit code 1.
"""

import os
import random
import re
import time

import gevent
import requests
from locust import FastHttpUser, User, events, task
from locust.runners import WorkerRunner

import tablet
from board import Board
from ledger import Ledger, percentiles

SOCKETS_A_TOKEN = 3
KEY = "rush screens"
VIEWS = ["expo", "floor"]  # and every station
DRAINS_WITHIN_S = 20
run = None  # the present run


class Run:
    """What all users of one test share."""

    def __init__(self, environment):
        options = environment.parsed_options
        self.environment, self.seconds, self.rate = environment, options.seconds, options.rate
        self.house = environment.host.rstrip("/")
        self.headers = {"Authorization": f"Bearer {os.environ.get('COMANDA_TOKEN', '')}"}
        self.menu = self._get("/api/menu")["items"]
        self.tables = self._get("/api/tables")
        self.is_ordering, self.busy = True, 0
        self.ledger = Ledger(self.house, self.headers, on_frame=self._frame)
        stations = sorted({f"station-{slug}" for item in self.menu for slug in item["stations"]})
        views = stations + VIEWS
        keys = [self._new_key() for _ in range(-(-options.screens // SOCKETS_A_TOKEN))]
        for n in range(options.screens):
            view = views[n % len(views)]
            board = Board(f"{view}#{n // len(views) + 1}", view, self.house, keys[n // SOCKETS_A_TOKEN], self.ledger.seen)
            self.ledger.boards.append(board)
        self.waiting = list(self.ledger.boards)  # not yet taken by a screen

    def _get(self, address):
        answer = requests.get(self.house + address, headers=self.headers, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def _new_key(self):
        """A key holds only so many sockets; these are revoked afterwards."""
        headers = self.headers | {"Accept": "application/json"}
        answer = requests.post(f"{self.house}/manage/tokens", json={"name": KEY}, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()["token"]

    def revoke_keys(self):
        """Leaves nothing behind."""
        page = requests.get(f"{self.house}/manage", headers=self.headers, timeout=20).text
        for token in re.findall(rf"<strong>{KEY}</strong>.*?/manage/tokens/([0-9a-f-]+)/revoke", page, re.S):
            requests.post(f"{self.house}/manage/tokens/{token}/revoke", json={}, headers=self.headers, timeout=20)

    def _frame(self, view, seconds):
        self.environment.events.request.fire(
            request_type="WS", name=f"POST to frame: {view}", response_time=seconds * 1000, response_length=0, exception=None, context={}
        )

    def conduct(self):
        """Orders for so long, then quiet, then the account."""
        gevent.sleep(self.seconds)
        self.is_ordering = False
        until = time.perf_counter() + DRAINS_WITHIN_S
        while self.busy and time.perf_counter() < until:
            gevent.sleep(0.1)
        self.environment.process_exit_code = 1
        try:
            if not self._account():
                self.environment.process_exit_code = 0
            for board in self.ledger.boards:
                board.stop()
        except requests.RequestException as error:
            self.environment.process_exit_code = 1
            print(f"\n! no account can be given: {error}")
        finally:
            if self.environment.web_ui:
                self.environment.runner.stop()
            else:
                self.environment.runner.quit()

    def _account(self):
        ledger = self.ledger
        lost, doubled, other = ledger.reconcile()
        if self.busy:
            other.append(f"{self.busy} requests have not ended")
        if not ledger.orders:
            other.append("no order was taken: nothing was proved")
        if not all(board.is_live for board in ledger.boards):
            other.append("not every screen was live at the end")
        boards = ledger.boards
        total = lambda name: sum(getattr(board, name) for board in boards)  # noqa: E731
        stamps = sum(sum(board.stamps.values()) for board in boards)
        print(f"\n{len(ledger.orders)} orders, {len(ledger.sent_at)} tickets, {len(boards)} screens, {stamps} cards sent to them")
        print(f"  POST           {percentiles(ledger.posts)}")
        print(f"  POST to frame  {percentiles(ledger.frames)}")
        print(f"  resyncs {total('resyncs')}, resets {total('resets')}, reconnects {total('reconnects')}, checksums that disagreed {total('mismatches')}")
        print(f"  lost {len(lost)}, doubled {len(doubled)}, otherwise wrong {len(other)}")
        for words in (lost[:10] + doubled[:10] + other[:10]):
            print(f"  ! {words}")
        return bool(lost or doubled or other)


class Tablet(FastHttpUser):
    """A waiter's tablet; the same hand bumps and voids now and then, so that boards move in both directions."""

    connection_timeout = network_timeout = 20.0

    def on_start(self):
        self.mine = []
        self.next_at = time.perf_counter() + random.uniform(0, 60 / run.rate)

    @task
    def evening(self):
        gevent.sleep(max(0.0, min(self.next_at - time.perf_counter(), 1.0)))
        if not run.is_ordering or time.perf_counter() < self.next_at:
            return
        self.next_at += 60 / run.rate
        run.busy += 1
        try:
            self.order()
            if len(self.mine) > 1 and random.random() < 0.7:
                self.bump(self.mine.pop(0))
            elif self.mine and random.random() < 0.2:
                self.void(self.mine[-1])
            elif self.mine and random.random() < 0.5:
                self.fire(self.mine[-1])
        finally:
            run.busy -= 1

    def ask(self, method, address, name, expected, **body):
        """What was answered, or none where it was not what may be."""
        options = {"headers": run.headers | {"Accept": "application/json"}, "catch_response": True, **body}
        with self.client.request(method, address, name=name, **options) as answer:
            if answer.status_code in expected:
                answer.success()
                return answer
            answer.failure(f"{answer.status_code} {answer.text}")
            run.ledger.problems.append(f"{name}: {answer.status_code} {answer.text}")
            return None

    def order(self):
        slip = tablet.slip(run.menu, run.tables)
        before = time.perf_counter()
        answer = self.ask("POST", "/orders", "POST /orders", {201}, json=slip)
        if answer is None:
            return
        run.ledger.taken(answer.json(), before, time.perf_counter() - before)
        self.mine.append(answer.json())
        if random.random() < 0.05:  # an answer that was lost on the way
            again = self.ask("POST", "/orders", "POST /orders again", {200}, json=slip)
            if again is not None and again.json() != answer.json():
                run.ledger.problems.append(f"order {slip['id']}: asked again, answered otherwise")

    def bump(self, order):
        for ticket in order["tickets"]:
            if run.ledger.is_on_every_screen(ticket):
                # A void of our own may have come in between: refused with words, as it must be.
                self.ask("POST", f"/tickets/{ticket['ticket_id']}/bump", "POST bump", {204, 409}, json={"version": 1})

    def fire(self, order):
        page = self.ask("GET", f"/checks/{order['check_id']}", "GET check", {200})
        for fire in re.findall(r"/fires/([0-9a-f-]+)/fire", page.text) if page is not None else []:
            # A colleague may have taken everything off it first.
            self.ask("POST", f"/fires/{fire}/fire", "POST fire", {204, 409}, json={})

    def void(self, order):
        page = self.ask("GET", f"/checks/{order['check_id']}", "GET check", {200})
        lines = sorted(set(re.findall(r"/lines/([0-9a-f-]+)/void", page.text))) if page is not None else []
        if lines:
            slip = {"quantity": 1, "reason": "guest changed their mind"}
            # A colleague may have taken the last one off first.
            self.ask("POST", f"/lines/{random.choice(lines)}/void", "POST void", {200, 204, 409, 422}, json=slip)


class Screen(User):
    """One of the kitchen's screens."""

    @task
    def watch(self):
        if not run.waiting:
            gevent.sleep(1)
            return
        board = run.waiting.pop(0)
        try:
            board.run()
        except Exception as error:  # noqa: BLE001 - whatever it was: a screen that ends is a finding
            run.ledger.problems.append(f"{board.name}: {error!r}")


@events.init_command_line_parser.add_listener
def options(parser):
    group = parser.add_argument_group("the evening")
    group.add_argument("--tablets", type=int, default=50, help="tablets that order")
    group.add_argument("--rate", type=float, default=2.0, help="orders a minute, each tablet")
    group.add_argument("--screens", type=int, default=10, help="kitchen screens, spread over stations, expo and floor")
    group.add_argument("--seconds", type=float, default=60.0, help="how long orders are sent")


@events.init.add_listener
def configure(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        raise SystemExit("One process does it: every screen's account is kept in one ledger.")
    environment.host = environment.host or os.environ.get("COMANDA_URL", "http://localhost:3000")
    chosen = environment.parsed_options
    Tablet.fixed_count, Screen.fixed_count = chosen.tablets, chosen.screens
    chosen.num_users = chosen.tablets + chosen.screens
    chosen.spawn_rate = chosen.num_users


@events.user_error.add_listener
def broken(exception, **_):
    if run:
        run.ledger.problems.append(f"this program broke: {exception!r}")


@events.test_stop.add_listener
def leave(**_):
    """Also when somebody ends it early."""
    try:
        if run:
            run.revoke_keys()
    except requests.RequestException as error:
        print(f"\n! keys named {KEY!r} were left behind: {error}")


@events.test_start.add_listener
def start(environment, **_):
    global run
    try:
        run = Run(environment)
    except requests.RequestException as error:
        raise SystemExit(f"{environment.host} cannot be tested: {error}. Is COMANDA_TOKEN a manager's key?") from error
    gevent.spawn(run.conduct)
