//! What a crowd does to the kitchen itself: stations, routes, ages, words, other wishes, whose party it is.

use comanda::domain::age::{AgeLimits, AgeScope};
use comanda::domain::demo::{STAFF, STATIONS};
use comanda::domain::fire::PassRules;
use comanda::domain::ids::ItemId;
use comanda::domain::ids::{CheckId, FireId, LineId, MessageId, ModifierId, StationId, TicketId};
use comanda::domain::menu::{PassWay, Route, RouteMode};
use comanda::domain::routing::{RouteChange, RouteScope};
use comanda::domain::ticket::Step;
use comanda::store::lines::{self, Wanted};
use comanda::store::{ages, checks, fires, messages, routes, stations};
use uuid::Uuid;

use super::super::database::FRIDAY;
use super::super::house::someone;
use super::Crowd;

impl Crowd<'_> {
    /// One of these verbs, seldom one that moves the menu: a Send that has to decide anew is no news.
    pub(super) async fn change_the_kitchen(&self, n: usize) {
        match rand::random::<u8>() % 17 {
            0 => self.lend(n).await,
            1 => self.name(n).await,
            2 => self.route(n).await,
            3 => self.age(n).await,
            11 => self.choose_maker(n).await,
            12 => self.plate(n).await,
            4 | 5 => self.say(n).await,
            6 | 7 => self.read(n).await,
            8 | 9 => self.other_guests(n).await,
            10 => self.late(n).await,
            _ => self.want_otherwise(n).await,
        }
    }

    async fn station(&self) -> StationId {
        let (id, _) =
            self.any("select station_id, 0 from stations where retired_at is null").await.expect("one");
        StationId(id)
    }

    async fn lend(&self, n: usize) {
        let (from, to, actor) = (self.station().await, self.station().await, someone(n));
        let to = (!n.is_multiple_of(3)).then_some(to);
        let came = self.rows.command(async |turn| Ok(stations::lend(turn, from, to, &actor).await?));
        self.note(came.await);
        self.rows.forget();
    }

    async fn name(&self, n: usize) {
        let (station, actor) = (self.station().await, someone(n));
        let name = format!("{} {n}", STATIONS[n % STATIONS.len()].name);
        let came = self.rows.command(async |turn| match n % 4 {
            0 => Ok(stations::rename(turn, station, &name, &actor).await?),
            1 => Ok(stations::add(turn, &name, &format!("station-{n}"), &actor).await?),
            2 => Ok(stations::retire(turn, station, &actor).await?),
            _ => Ok(stations::forward(turn, station, &actor).await?),
        });
        self.note(came.await);
        self.rows.forget();
    }

    async fn route(&self, n: usize) {
        let (item, _) = self.any("select item_id, 0 from items").await.expect("a menu");
        let (mut stations, actor) = (vec![self.station().await, self.station().await], someone(n));
        stations.dedup();
        let mode = [RouteMode::Any, RouteMode::Each, RouteMode::Then][n % 3];
        let pass = [PassWay::Send, PassWay::Skip, PassWay::Only][rand::random_range(0..3)];
        if pass == PassWay::Only {
            stations.clear();
        }
        let change =
            RouteChange { scope: RouteScope::Item(ItemId(item)), route: Route { mode, stations, pass } };
        let came = self.rows.command(async |turn| Ok(routes::set(turn, &change, &actor).await?));
        self.note(came.await);
        self.rows.forget();
    }

    async fn choose_maker(&self, n: usize) {
        let (choice, _) = self.any("select modifier_id, 0 from modifiers").await.expect("a menu");
        let (maker, actor) = ((!n.is_multiple_of(4)).then_some(self.station().await), someone(n));
        let came = self
            .rows
            .command(async |turn| Ok(routes::set_maker(turn, ModifierId(choice), maker, &actor).await?));
        self.note(came.await);
        self.rows.forget();
    }

    /// At the pass: on plates, off them, out although it is not ready, and another way to work.
    async fn plate(&self, n: usize) {
        let Some((fire, _)) = self.any("select fire_id, 0 from fires where on_board").await else { return };
        let (fire, actor) = (FireId(fire), someone(n));
        let came = self.rows.command(async |turn| match n % 6 {
            0 => Ok(fires::hand_over_anyway(turn, fire, &actor, None).await?),
            1 => Ok(fires::set_pass(turn, PassRules { waits: !n.is_multiple_of(4), plates: true }, &actor)
                .await?),
            2 => Ok(fires::unplate(turn, fire, &actor).await?),
            _ => Ok(fires::plate(turn, fire, &actor).await?),
        });
        self.note(came.await);
        self.rows.forget();
    }

    async fn age(&self, n: usize) {
        let (item, _) = self.any("select item_id, 0 from items").await.expect("a menu");
        let limits = AgeLimits { warn_after_s: 60, late_after_s: 60 * (2 + i32::try_from(n).expect("few")) };
        let scope = [AgeScope::House, AgeScope::Course(2), AgeScope::Item(ItemId(item))][n % 3];
        let actor = someone(n);
        let came = self.rows.command(async |turn| Ok(ages::set(turn, scope, Some(limits), &actor).await?));
        self.note(came.await);
        self.rows.forget();
    }

    async fn late(&self, n: usize) {
        let late = "select ticket_id, 0 from tickets where state = 'open' and late_told_at is not null";
        let (late, actor) = (self.any(late).await, someone(n));
        let until = FRIDAY + time::Duration::minutes(i64::try_from(n).expect("few"));
        let came = self.rows.command(async |turn| match late {
            Some((id, _)) if n.is_multiple_of(2) => Ok(ages::seen(turn, TicketId(id), &actor).await?),
            _ => {
                let told = ages::tell(turn, until).await?;
                Ok(if told == 0 { Step::Already } else { Step::Do })
            }
        });
        self.note(came.await);
    }

    async fn say(&self, n: usize) {
        let (station, actor) = (self.station().await, someone(n));
        let to = if n.is_multiple_of(4) { vec![Some(station), None] } else { vec![Some(station)] };
        let said = Uuid::from_u128(rand::random());
        let came = self.rows.command(async |turn| Ok(messages::say(turn, said, "Hurry", &to, &actor).await?));
        self.note(came.await);
    }

    async fn read(&self, n: usize) {
        let Some((id, _)) = self.any("select message_id, 0 from messages where on_board").await else {
            return;
        };
        let actor = someone(n);
        let came = self.rows.command(async |turn| Ok(messages::read(turn, MessageId(id), &actor).await?));
        self.note(came.await);
    }

    async fn other_guests(&self, n: usize) {
        let Some((id, _)) =
            self.any("select check_id, 0 from checks where state in ('open', 'printed')").await
        else {
            return;
        };
        let (actor, to) = (someone(n), STAFF[n % STAFF.len()].id());
        let came = self.rows.command(async |turn| match n % 2 {
            0 => Ok(checks::set_vip(turn, CheckId(id), n.is_multiple_of(4), &actor).await?),
            _ => Ok(checks::hand_to(turn, CheckId(id), to, &actor).await?),
        });
        self.note(came.await);
    }

    async fn want_otherwise(&self, n: usize) {
        let Some((id, seen)) =
            self.any("select line_id, changed from order_lines where voided < quantity").await
        else {
            return;
        };
        let known = lines::changeable(&self.rows.db, comanda::domain::demo::LOCATION_ID, LineId(id)).await;
        let Ok(known) = known else { return };
        let kept = known.modifiers.len().saturating_sub(n % 2); // one choice fewer: another price
        let wanted = Wanted {
            seen: i32::try_from(seen).expect("few"),
            note: Some(format!("as {n} likes it")),
            modifiers: known.modifiers.into_iter().take(kept).collect(),
            made_elsewhere: Vec::new(),
        };
        let actor = someone(n);
        let came =
            self.rows.command(async |turn| Ok(lines::change(turn, LineId(id), &wanted, &actor).await?));
        self.note(came.await);
    }
}
