"""Every order that was taken, every screen that should have it, and the account between the two."""

import re
import time
from dataclasses import dataclass, field

import requests

from board import articles, checksum

NUMBER = re.compile(r'class="ticket-no">\s*(#[\d-]+)')
COURSE = re.compile(r"<span>Course (\d)</span>")


def percentiles(values):
    """p50, p95, p99 in milliseconds."""
    ranked = sorted(values)
    if not ranked:
        return "none"
    pick = lambda share: 1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))]  # noqa: E731
    return f"p50 {pick(0.50):.1f} ms   p95 {pick(0.95):.1f} ms   p99 {pick(0.99):.1f} ms   ({len(ranked)} measured)"


@dataclass
class Ledger:
    """One run."""

    house: str
    headers: dict
    boards: list = field(default_factory=list)
    orders: dict = field(default_factory=dict)  # order id: what the server answered
    sent_at: dict = field(default_factory=dict)  # ticket element id: the clock just before its POST
    posts: list = field(default_factory=list)  # seconds from POST to answer
    frames: list = field(default_factory=list)  # seconds from POST to each screen's frame
    problems: list = field(default_factory=list)  # what the tablets met
    on_frame: object = lambda view, seconds: None
    line: requests.Session = field(default_factory=requests.Session)  # kept: the account asks about every order

    def taken(self, answer, before, seconds):
        """A Send was answered. Its frames may be here already."""
        self.orders[answer["id"]] = answer
        self.posts.append(seconds)
        for ticket in answer["tickets"]:
            card = f"t-{ticket['ticket_id']}"
            if card in self.sent_at:  # what joins a course that waits stands on a card that is there
                continue
            self.sent_at[card] = before
            for board in self.boards:
                if card in board.first_seen:
                    self._measured(board, board.first_seen[card] - before)

    def seen(self, board, card, at):
        """A screen has a card for the first time."""
        if card in self.sent_at:
            self._measured(board, at - self.sent_at[card])

    def _measured(self, board, seconds):
        self.frames.append(seconds)
        self.on_frame(board.view, seconds)

    def is_on_every_screen(self, ticket):
        """What a cook may bump: nobody bumps what no screen shows."""
        card, view = f"t-{ticket['ticket_id']}", f"station-{ticket['station']}"
        return all(card in board.first_seen for board in self.boards if board.view == view)

    def _get(self, address):
        answer = self.line.get(self.house + address, headers=self.headers, timeout=20)
        answer.raise_for_status()
        return answer

    def reconcile(self, within_s=15):
        """Waits until every screen stands where the server does, and says what is wrong: (lost, doubled, other)."""
        until = time.perf_counter() + within_s
        while any(self._differs(board) for board in self.boards) and time.perf_counter() < until:
            time.sleep(0.5)
        lost, doubled, other = [], [], list(self.problems)
        stored = {order_id: self._get(f"/api/orders/{order_id}").json() for order_id in self.orders}
        for order_id, order in stored.items():
            if order != self.orders[order_id]:
                other.append(f"order {order_id}: the tablet was told {self.orders[order_id]}, the database says {order}")
        for board in self.boards:
            self._reconcile(board, stored.values(), lost, doubled)
            other += [f"{board.name}: {card} went back from {old} to {new}" for card, old, new in board.backwards]
            if board.mismatches:
                other.append(f"{board.name}: the checksum disagreed {board.mismatches} times")
            if words := self._differs(board):
                other.append(f"{board.name}: {words}")
        return lost, doubled, other

    def _reconcile(self, board, orders, lost, doubled):
        doubled += [f"{board.name}: {card}@{seq} came {times} times" for (card, seq), times in board.stamps.items() if times > 1]
        numbers = {}
        for card, (_, html) in board.markup.items():
            if board.view == "expo" and (found := NUMBER.search(html)):
                course = COURSE.search(html)
                numbers.setdefault(found[1], {}).setdefault(course[1] if course else "1", set()).add(card)
        for order in orders:
            if board.view.startswith("station-"):
                for ticket in order["tickets"]:
                    card = f"t-{ticket['ticket_id']}"
                    belongs = ticket["station"] is not None and board.view == f"station-{ticket['station']}"
                    if belongs and card not in board.first_seen:
                        lost.append(f"{board.name}: {card} of order {order['id']}")
                    if not belongs and card in board.first_seen:
                        doubled.append(f"{board.name}: {card} belongs to {ticket['station']}")
            elif board.view == "expo":
                number = f"#{order['check_no']}" + (f"-{order['send_no']}" if order["send_no"] > 1 else "")
                courses = numbers.get(number, {})
                if not courses:
                    lost.append(f"{board.name}: {number} of order {order['id']}")
                for course, cards in courses.items():
                    if len(cards) > 1:
                        doubled.append(f"{board.name}: {number}, course {course}, stands on {sorted(cards)}")
            elif board.view == "floor":
                address = f"/checks/{order['check_id']}"
                tiles = [seq for seq, html in board.markup.values() if address in html]
                if not any(seq >= order["seq"] for seq in tiles):
                    lost.append(f"{board.name}: no tile knows order {order['id']} of turn {order['seq']}")

    def _differs(self, board):
        """How a screen's cards differ from the server's own drawing of them; nothing if they are the same."""
        answer = self._get(f"/board/{board.view}?since=0")
        truth = {card: (seq, html) for card, seq, html in articles(answer.content.decode())}
        if int(answer.headers["x-board-sum"]) != checksum(truth):
            return "the server's checksum is not that of its own cards"
        if truth != board.cards:
            odd = [card for card in truth.keys() | board.cards.keys() if truth.get(card) != board.cards.get(card)]
            return f"{len(odd)} cards differ from the server's: {sorted(odd)[:5]}"
        return None
