//! The callers of a view: tasks that walk its screens when there is something to show.
//!
//! Waking a task a screen would put ten thousand changes of task into the queue in which a tablet's order waits too.
//! A caller calls its screens one after the other instead, and each takes what it has coming there and then. Who
//! cannot (its line is full, its own task is at it) sees to it by itself: a caller waits for nobody. After a few
//! screens it steps aside, so that no order waits for a crowd.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::sync::watch;
use tokio::task::yield_now;

use super::hub::lock;

/// Screens called before others get their turn: about a quarter of a millisecond of writing.
const CALLS_A_TURN: usize = 32;
/// A view with more screens than that has a caller more, up to one a core.
const SCREENS_A_CALLER: usize = 64;

/// Somebody to be called.
pub trait Screen: Send + Sync {
    /// There may be something to pull. Must not wait: who can't take it now remembers that.
    fn call(&self);
}

/// A view's callers. Dropped, they go home.
#[derive(Default)]
pub(super) struct Callers {
    lists: Vec<Caller>,
    /// Screens have numbers, and never the same twice.
    numbered: u64,
}

struct Caller {
    list: Arc<List>,
    wake: watch::Sender<()>,
}

#[derive(Default)]
struct List(Mutex<BTreeMap<u64, Arc<dyn Screen>>>);

/// A screen's place on a caller's list. Dropped, it is struck off.
pub struct Listing {
    list: Arc<List>,
    number: u64,
}

impl Callers {
    /// Puts a screen on the shortest list. What was there to pull before is the screen's own business.
    pub(super) fn list(&mut self, screen: Arc<dyn Screen>) -> Listing {
        let shortest = self.lists.iter().map(|caller| &caller.list).min_by_key(|list| list.len());
        let list = match shortest {
            Some(list) if list.len() < SCREENS_A_CALLER || cores() <= self.lists.len() => Arc::clone(list),
            Some(_) | None => {
                let caller = Caller::start();
                let list = Arc::clone(&caller.list);
                self.lists.push(caller);
                list
            }
        };
        self.numbered += 1;
        lock(&list.0).insert(self.numbered, screen);
        Listing { list, number: self.numbered }
    }

    /// Everybody is called, soon.
    pub(super) fn wake(&self) {
        for caller in &self.lists {
            caller.wake.send_replace(());
        }
    }

    pub(super) fn have_screens(&self) -> bool {
        self.lists.iter().any(|caller| caller.list.len() > 0)
    }
}

impl Caller {
    fn start() -> Self {
        let (wake, woken) = watch::channel(());
        let list = Arc::<List>::default();
        tokio::spawn(call(Arc::clone(&list), woken));
        Self { list, wake }
    }
}

impl List {
    fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// The next few screens with a number above that one.
    fn after(&self, number: u64, few: &mut Vec<(u64, Arc<dyn Screen>)>) {
        let screens = lock(&self.0);
        let above = screens.range((Bound::Excluded(number), Bound::Unbounded)).take(CALLS_A_TURN);
        few.extend(above.map(|(number, screen)| (*number, Arc::clone(screen))));
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        let struck = lock(&self.list.0).remove(&self.number);
        drop(struck); // outside the list's lock: it may be the last to hold the screen
    }
}

/// Calls everybody on the list whenever woken, until there is nobody who could wake. Who comes during the walk is called
/// in it or has looked already.
async fn call(list: Arc<List>, mut woken: watch::Receiver<()>) {
    let mut few = Vec::with_capacity(CALLS_A_TURN);
    while woken.changed().await.is_ok() {
        let mut reached = 0;
        loop {
            list.after(reached, &mut few);
            let Some((number, _)) = few.last() else { break };
            reached = *number;
            for (_, screen) in few.drain(..) {
                screen.call();
            }
            yield_now().await;
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Ear(AtomicUsize);

    impl Screen for Ear {
        fn call(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Ear {
        fn called(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Until every caller has walked: they run when nobody else does.
    async fn quiet() {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn everybody_is_called_once_a_wake_however_many_they_are() {
        let mut callers = Callers::default();
        let ears: Vec<Arc<Ear>> = (0..500).map(|_| Arc::default()).collect();
        let listings: Vec<Listing> =
            ears.iter().map(|ear| callers.list(Arc::clone(ear) as Arc<dyn Screen>)).collect();
        quiet().await;
        assert!(ears.iter().all(|ear| ear.called() == 0));
        callers.wake();
        quiet().await;
        assert!(ears.iter().all(|ear| ear.called() == 1));
        drop(listings);
        assert!(!callers.have_screens());
    }

    #[tokio::test]
    async fn who_has_left_is_called_no_more_and_moves_nobody_elses_place() {
        let mut callers = Callers::default();
        let ears: Vec<Arc<Ear>> = (0..100).map(|_| Arc::default()).collect();
        let mut listings: Vec<Listing> =
            ears.iter().map(|ear| callers.list(Arc::clone(ear) as Arc<dyn Screen>)).collect();
        let left = listings.remove(10);
        callers.wake();
        yield_now().await; // the first few were called
        drop(left);
        quiet().await;
        let missed = ears.iter().enumerate().filter(|(n, ear)| *n != 10 && ear.called() != 1).count();
        assert_eq!(missed, 0);
        callers.wake();
        quiet().await;
        assert!(ears[10].called() < 2 && ears[11].called() == 2);
        drop(listings);
    }

    #[tokio::test]
    async fn a_caller_goes_home_with_its_view() {
        let mut callers = Callers::default();
        let ear: Arc<Ear> = Arc::default();
        let listing = callers.list(Arc::clone(&ear) as Arc<dyn Screen>);
        drop(callers);
        quiet().await;
        assert_eq!(Arc::strong_count(&listing.list), 1, "its task has ended");
    }
}
