//! The screens of the world, their connections, and what is checked at every message they take.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use comanda::board::core::{Ask, Attached, Cursor, Epoch, Pull, Seq, Shown, Waiting, Why};
use serde_json::json;

use super::ops::{PROCESSES, Weather};
use super::page::{Page, Took};
use super::picture::{View, encode, render};
use super::world::{Process, World};

/// How a process serves a connection.
pub(crate) enum Serving {
    Waiting(Ask<View>, Waiting),
    Live(Cursor<View>),
    /// Reset: the screen is to fetch the snapshot and attach again.
    Reset,
}

pub(crate) struct Link {
    pub(crate) process: usize,
    pub(crate) serving: Serving,
    /// The board said that something is to be done.
    pub(crate) roused: bool,
    /// The board was dropped: the next pull must be a reset.
    pub(crate) must_reset: bool,
    /// On its way to the screen.
    inbox: VecDeque<Arc<str>>,
    /// The screen has attached and takes nothing until its hello.
    deaf: bool,
}

impl Link {
    pub(crate) fn views(&self, view: &View) -> bool {
        matches!(&self.serving, Serving::Live(cursor) if cursor.view() == view)
    }
}

/// What a page must fetch before it is right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Since,
    Everything,
}

pub(crate) struct Client {
    pub(crate) view: View,
    pub(crate) page: Page,
    pub(crate) link: Option<Link>,
    need: Option<Need>,
    /// A request that waits: where, in which life, for what.
    fetching: Option<(usize, u32, Waiting)>,
    /// The newest stamp ever shown, by epoch and id.
    stamps: HashMap<(Epoch, String), Seq>,
    /// Every message taken, as text.
    pub(crate) log: Vec<Arc<str>>,
}

impl Client {
    pub(crate) fn new(view: View) -> Self {
        Self {
            view,
            page: Page::default(),
            link: None,
            need: Some(Need::Everything),
            fetching: None,
            stamps: HashMap::new(),
            log: Vec::new(),
        }
    }
}

impl World {
    pub(crate) fn rouse(&mut self, process: usize, mut whom: impl FnMut(&mut Link) -> bool) {
        for link in self.clients.iter_mut().filter_map(|client| client.link.as_mut()) {
            if link.process == process && whom(link) {
                link.roused = true;
            }
        }
    }

    pub(crate) fn cut(&mut self, screen: usize) {
        if let Some(Link { process, serving: Serving::Live(cursor), .. }) = self.clients[screen].link.take() {
            self.processes[process].core.detach(cursor, self.now_ms);
        }
    }

    /// Opens a connection; its address carries what the page has.
    pub(crate) fn connect(&mut self, screen: usize, process: usize) {
        self.cut(screen);
        if self.clients[screen].page.epoch.is_some() {
            self.attach(screen, process, VecDeque::new());
        }
    }

    fn attach(&mut self, screen: usize, process: usize, inbox: VecDeque<Arc<str>>) {
        let Client { view, page, .. } = &self.clients[screen];
        let ask = Ask { view: *view, epoch: page.epoch.clone(), since: page.seq };
        let serving = Serving::Reset;
        self.clients[screen].link =
            Some(Link { process, serving, roused: true, must_reset: false, inbox, deaf: true });
        self.answer(screen, ask, None);
    }

    fn answer(&mut self, screen: usize, ask: Ask<View>, waited: Option<Waiting>) {
        let Some(link) = &mut self.clients[screen].link else {
            return;
        };
        let process = link.process;
        let core = &mut self.processes[process].core;
        let (attached, out) = core.attach(&ask, waited, self.now_ms);
        let hello: Arc<str> =
            json!({ "t": "hello", "epoch": core.epoch().map(AsRef::as_ref), "seq": core.head(), "beat_ms": 5000 })
                .to_string()
                .into();
        match attached {
            Attached::Live(cursor) => {
                link.inbox.push_back(hello);
                link.serving = Serving::Live(cursor);
                link.roused = true;
            }
            Attached::Wait(waiting) => link.serving = Serving::Waiting(ask, waiting),
            Attached::Reset(why) => {
                link.inbox.push_back(hello);
                link.inbox.push_back(reset(why));
                link.serving = Serving::Reset;
            }
        }
        self.act(process, out);
    }

    pub(crate) fn send(&mut self, screen: usize) {
        let Some(link) = &mut self.clients[screen].link else {
            return;
        };
        link.roused = false;
        match std::mem::replace(&mut link.serving, Serving::Reset) {
            Serving::Reset => {}
            Serving::Waiting(ask, waiting) => self.answer(screen, ask, Some(waiting)),
            Serving::Live(mut cursor) => {
                let core = &mut self.processes[link.process].core;
                let pulled = core.pull(&mut cursor);
                if link.must_reset {
                    assert!(matches!(pulled, Pull::Reset(Why::Epoch)), "P7: a dropped board resets");
                    link.must_reset = false;
                }
                match pulled {
                    Pull::Idle => link.serving = Serving::Live(cursor),
                    Pull::Frames(frames) => {
                        let texts = frames.iter().map(|frame| frame.wire(|frame| encode(frame, None)));
                        link.inbox.extend(texts.map(Arc::clone));
                        link.serving = Serving::Live(cursor);
                    }
                    Pull::Reset(why) => {
                        core.detach(cursor, self.now_ms);
                        link.inbox.push_back(reset(why));
                    }
                }
            }
        }
    }

    pub(crate) fn beat(&mut self, screen: usize) {
        let Some(link) = &mut self.clients[screen].link else {
            return;
        };
        if let Serving::Live(cursor) = &link.serving
            && let Some(beat) = self.processes[link.process].core.beat(cursor)
        {
            let text = json!({ "t": "beat", "from": beat.from, "seq": beat.seq, "sum": beat.sum });
            link.inbox.push_back(text.to_string().into());
        }
    }

    pub(crate) fn receive(&mut self, screen: usize, messages: usize) {
        for _ in 0..messages {
            let Some(link) = &mut self.clients[screen].link else {
                return;
            };
            let Some(text) = link.inbox.pop_front() else {
                return;
            };
            link.deaf &= !text.contains("\"hello\"");
            if !link.deaf {
                self.take(screen, &text);
            }
        }
    }

    fn take(&mut self, screen: usize, text: &Arc<str>) {
        let client = &mut self.clients[screen];
        let before = client.page.clone();
        client.log.push(Arc::clone(text));
        let took = client.page.take(text);
        self.taken += usize::from(!text.contains("\"beat\""));
        if self.weather == Weather::Rough {
            let missed = [Took::Resync, Took::ResyncFromZero, Took::Mismatch].contains(&took);
            assert!(!missed, "P1: nothing was missed, yet {took:?} at {} by {text}", before.seq);
            if took == Took::Applied {
                self.judge(screen, &before);
            }
        }
        let client = &mut self.clients[screen];
        client.need = match took {
            Took::Resync | Took::Reset => client.need.or(Some(Need::Since)),
            Took::ResyncFromZero | Took::Mismatch => Some(Need::Everything),
            Took::Applied | Took::Ignored | Took::Live => client.need,
        };
    }

    /// What a screen shows is a state that was committed, and never an older one than before.
    fn judge(&mut self, screen: usize, before: &Page) {
        let Client { view, page, stamps, .. } = &mut self.clients[screen];
        let Some(epoch) = &page.epoch else { return };
        let born = |epoch: &Epoch| epoch[1..].parse::<u32>().expect("epochs are counted");
        assert!(
            before.epoch.as_ref().is_none_or(|before| born(before) <= born(epoch)),
            "P7: nobody goes back to the old epoch"
        );
        let committed = self.db.committed(epoch, page.seq);
        let whole = committed.iter().any(|rows| render(view, rows) == page.cards);
        assert!(whole, "P4: never committed: {} {epoch} {:?}", page.seq, page.cards);
        assert!(before.epoch != page.epoch || before.seq <= page.seq, "P2: a screen never goes back");
        for (id, (seq, html)) in &page.cards {
            let newest = stamps.entry((Epoch::clone(epoch), id.clone())).or_insert(*seq);
            assert!(*newest <= *seq || html.contains("data-fold"), "P2: a card never goes back");
            *newest = *seq;
        }
    }

    pub(crate) fn fetch(&mut self, screen: usize, process: usize) {
        let Client { view, page, need, fetching, .. } = &mut self.clients[screen];
        let Some(need) = *need else { return };
        let Process { core, life, .. } = &mut self.processes[process];
        let since = if need == Need::Since { page.seq } else { 0 };
        let waited = fetching.take().filter(|(at, then, _)| (*at, *then) == (process, *life));
        let ask = Ask { view: *view, epoch: page.epoch.clone(), since };
        let (shown, out) = core.snapshot(&ask, waited.map(|(.., waiting)| waiting), self.now_ms);
        let text = match shown {
            Shown::Wait(waiting) => {
                *fetching = Some((process, *life, waiting));
                None
            }
            Shown::Ready(snapshot) => {
                assert_eq!(snapshot.frame.seq, snapshot.head);
                Some(encode(&snapshot.frame, Some(&snapshot.epoch)))
            }
        };
        self.act(process, out);
        if let Some(text) = text {
            self.clients[screen].need = None;
            self.take(screen, &text);
            // The page stands elsewhere now: what is under way on its connection no longer fits.
            match self.clients[screen].link.take() {
                Some(link) if !link.deaf => {
                    let Link { process, serving, inbox, .. } = link;
                    if let Serving::Live(cursor) = serving {
                        self.processes[process].core.detach(cursor, self.now_ms);
                    }
                    self.attach(screen, process, inbox);
                }
                link => {
                    self.clients[screen].link = link;
                    self.cut(screen);
                }
            }
        }
    }

    pub(crate) fn acknowledge(&mut self, screen: usize, but: u16) {
        let Client { view, page, link: Some(link), .. } = &self.clients[screen] else {
            return;
        };
        let Serving::Live(cursor) = &link.serving else {
            return;
        };
        let process = &mut self.processes[link.process];
        let but_id = format!("t-{but}");
        for seen in process.core.ack(cursor, page.seq, &[&but_id]) {
            assert!(process.seen.insert((seen.key, seen.seq)), "each stamp is reported once");
            assert!(seen.seq <= page.seq && seen.key != but && seen.key % 2 == 0);
            if self.weather == Weather::Rough && cursor.at() == page.seq {
                let card = page.cards.get(&format!("t-{}", seen.key));
                assert!(card.is_some_and(|(seq, _)| *seq == seen.seq), "{view:?} has painted it");
            }
        }
    }

    /// One screen does what it must, and no more: it is served only when the board said so.
    pub(crate) fn settle(&mut self, screen: usize) {
        let client = &self.clients[screen];
        let process = client.link.as_ref().map_or(screen % PROCESSES, |link| link.process);
        self.fetch(screen, process);
        if self.clients[screen].link.is_none() {
            self.connect(screen, process);
        }
        if self.clients[screen].link.as_ref().is_some_and(|link| link.roused) {
            self.send(screen);
        }
        self.receive(screen, usize::MAX);
        self.beat(screen);
        self.receive(screen, usize::MAX);
    }
}

fn reset(why: Why) -> Arc<str> {
    json!({ "t": "reset", "why": why.as_str(), "within_ms": 0 }).to_string().into()
}
