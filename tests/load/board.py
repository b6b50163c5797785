"""One kitchen screen without a browser: the subprotocol `board.v1` as a page keeps it.

It holds what a page would show, asks anew for what it missed, confirms what it "painted", and writes down every
stamp of every card as it arrives, so that the reconciliation afterwards can say what was lost or came twice.
"""

import json
import random
import re
import time
from collections import Counter
from urllib.parse import urlencode, urlsplit

import gevent
import requests
import websocket

ARTICLE = re.compile(r"<article\b([^>]*)>.*?</article>", re.S)
ID = re.compile(r'\bid="([^"]+)"')
SEQ = re.compile(r'\bdata-seq="(\d+)"')
BEATS_A_HERE = 3
SILENCE_MAX_S = 12
ACK_EVERY_S = 1.0
BACKOFF_MAX_S = 5.0


def articles(text):
    """The cards of a frame or snapshot: (id, stamp, html)."""
    for found in ARTICLE.finditer(text):
        yield ID.search(found[1])[1], int(SEQ.search(found[1])[1]), found[0]


def fnv1a(text):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def checksum(cards):
    """What a beat's `sum` says of the cards {id: (stamp, html)}."""
    return sum(fnv1a(f"{card}@{seq}") for card, (seq, _) in cards.items()) & 0xFFFFFFFF


class Board:
    """What one screen shows, and how it came to."""

    def __init__(self, name, view, house, token, on_first=lambda board, card, at: None):
        self.name, self.view, self.house, self.on_first = name, view, house, on_first
        self.headers = {"Authorization": f"Bearer {token}"}
        self.epoch, self.seq, self.cards = "", 0, {}
        self.stamps = Counter()  # (id, stamp): how often a frame brought it
        self.first_seen = {}  # id: when
        self.markup = {}  # id: newest html, kept when the card leaves
        self.backwards, self.mismatches, self.resyncs, self.reconnects, self.resets = [], 0, 0, 0, 0
        self.last_sum = None  # (seq, sum) of the newest beat
        self.is_live, self.is_stopped = False, False
        self._socket, self._beats, self._acked, self._acked_at = None, 0, -1, 0.0

    def run(self):
        """Until `stop`: connect, listen, come back."""
        self._snapshot(0)
        attempt = 0
        while not self.is_stopped:
            try:
                self._connect()
                attempt = 0
                while not self.is_stopped:
                    self._hear(self._socket.recv())
            except (websocket.WebSocketException, OSError, requests.RequestException) as error:
                self.is_live = False
                if self.is_stopped:
                    return
                if isinstance(error, websocket.WebSocketBadStatusException) and error.status_code in (401, 403, 404):
                    raise
                self.reconnects += 1
                gevent.sleep(random.uniform(0.1, min(BACKOFF_MAX_S, 0.5 * 2**attempt)))
                attempt += 1

    def stop(self):
        """Closes for good."""
        self.is_stopped = True
        if self._socket:
            self._socket.close(timeout=1)

    def _connect(self):
        where = urlsplit(self.house)
        scheme = "wss" if where.scheme == "https" else "ws"
        query = urlencode({"epoch": self.epoch, "since": self.seq, "build": "load"})
        self._socket = websocket.create_connection(
            f"{scheme}://{where.netloc}/board/{self.view}/live?{query}",
            header=self.headers,
            subprotocols=["board.v1"],
            timeout=SILENCE_MAX_S,
            suppress_origin=True,
        )
        self._beats, self._acked = 0, -1

    def _say(self, **message):
        self._socket.send(json.dumps(message))

    def _hear(self, text):
        at = time.perf_counter()
        if not text:
            raise websocket.WebSocketConnectionClosedException("closed")
        header = json.loads(text.split("\n", 1)[0])
        kind = header["t"]
        if kind == "hello":
            self._hello(header)
        elif kind == "cards" and self.is_live:
            if not self._apply(header, text, at):
                self._resync(self.seq)
        elif kind == "beat" and self.is_live:
            self._beat(header)
        elif kind == "reset":
            self.resets += 1
            self.is_live = False
            gevent.sleep(random.uniform(0, header["within_ms"] / 1000))
            self._resync(0)
        elif kind == "drain":
            raise websocket.WebSocketConnectionClosedException("drained")  # one socket is enough here: the cursor is kept
        self._ack()

    def _hello(self, header):
        # Another history, or a board behind ours: the server follows with a reset.
        self.is_live = header["epoch"] == self.epoch and header["seq"] >= self.seq

    def _beat(self, header):
        self._beats += 1
        if self._beats % BEATS_A_HERE == 0:
            self._say(t="here")
        if header["from"] > self.seq:
            return self._resync(self.seq)
        if header["seq"] < self.seq:
            return None
        self.last_sum = (header["seq"], header["sum"])
        if header["sum"] != checksum(self.cards):
            self.mismatches += 1
            return self._resync(0)
        self.seq = header["seq"]
        return None

    def _apply(self, header, text, at, counted=True):
        """Takes a frame; false when something was missed."""
        whole = header.get("all")
        snapshot = header["from"] == 0 and whole is not None
        if not snapshot and header["from"] > self.seq:
            return False
        if not snapshot and header["seq"] <= self.seq:
            return True
        before, cards = self.cards, {} if snapshot else dict(self.cards)
        for card, seq, html in articles(text):
            fold = "data-fold" in html[: html.index(">")]
            if counted and whole is None and not fold:
                self.stamps[card, seq] += 1
            old = before.get(card)
            if old and seq < old[0] and not fold:
                self.backwards.append((card, old[0], seq))
            if snapshot or fold or not old or old[0] < seq:
                cards[card] = (seq, html)
                self.markup[card] = (seq, html)
            if card not in self.first_seen:
                self.first_seen[card] = at
                self.on_first(self, card, at)
        for card in header.get("gone", ()):
            cards.pop(card, None)
        if whole is not None:
            cards = {card: known for card, known in cards.items() if card in set(whole)}
            if len(cards) < len(whole):
                return False
        self.cards, self.seq = cards, header["seq"]
        return True

    def _snapshot(self, since):
        while not self.is_stopped:
            query = {"since": since, "epoch": self.epoch}
            answer = requests.get(f"{self.house}/board/{self.view}", params=query, headers=self.headers, timeout=10)
            if answer.status_code in (429, 503):
                gevent.sleep(float(answer.headers.get("Retry-After", 1)))
                continue
            answer.raise_for_status()
            self.epoch = answer.headers["x-board-epoch"]
            text = answer.content.decode()
            header = json.loads(text.split("\n", 1)[0])
            if self._apply(header, text, time.perf_counter(), counted=False):
                return
            since = 0

    def _resync(self, since):
        self.resyncs += 1
        self._snapshot(since)
        self.is_live = False  # what the old cursor counts is not for us; the hello that answers the attach is
        self._say(t="attach", epoch=self.epoch, since=self.seq)

    def _ack(self):
        now = time.perf_counter()
        if self.is_live and self.seq > self._acked and now - self._acked_at >= ACK_EVERY_S:
            self._say(t="ack", seq=self.seq, but=[])
            self._acked, self._acked_at = self.seq, now
