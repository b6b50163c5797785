//! One party, half-way through dinner: the first plates are eaten, the mains are over the fire.

/// A party at a table, told in minutes before now.
#[derive(Debug)]
pub struct Visit {
    /// The table's label.
    pub table: &'static str,
    /// Guests.
    pub covers: i16,
    /// Who serves them, and on which tablet.
    pub waiter: &'static str,
    /// What they ordered, oldest first.
    pub sends: &'static [Send],
}

/// One Send, and what became of it.
#[derive(Debug)]
pub struct Send {
    /// When the tablet sent it.
    pub minutes_ago: i64,
    /// Which course it is.
    pub course: i16,
    /// What the guests asked for.
    pub lines: &'static [Line],
    /// Which stations are through with it, in the order of their bumps.
    pub bumps: &'static [Done],
    /// When the pass handed it over; none: still cooking.
    pub handed_over: Option<Done>,
}

/// Somebody was through with something.
#[derive(Debug)]
pub struct Done {
    /// Where: a station's slug, or `expo`.
    pub at: &'static str,
    /// Who.
    pub by: &'static str,
    /// When.
    pub minutes_ago: i64,
}

/// One item asked for.
#[derive(Debug)]
pub struct Line {
    /// Units.
    pub quantity: i32,
    /// The item's name.
    pub item: &'static str,
    /// The names of what was chosen.
    pub choices: &'static [&'static str],
    /// Whose plate; none: for the table.
    pub seat: Option<i16>,
    /// Free words to the kitchen.
    pub note: Option<&'static str>,
}

/// Table 7.
pub const VISIT: Visit = Visit {
    table: "7",
    covers: 4,
    waiter: "Inês",
    sends: &[
        Send {
            minutes_ago: 38,
            course: 1,
            lines: &[
                line(1, "Vinho verde", &["Bottle"]),
                line(2, "Draught lager", &["Caneca, 40 cl"]),
                line(1, "Still water, one litre", &[]),
                line(1, "Veal croquettes", &[]),
                line(1, "Garlic prawns", &[]).saying("Not too hot, please"),
                line(2, "Octopus salad", &[]),
            ],
            bumps: &[done("bar", "Henrique", 35), done("cold", "Nuno", 30), done("fry", "Fernanda", 27)],
            handed_over: Some(done("expo", "Catarina", 25)),
        },
        Send {
            minutes_ago: 6,
            course: 2,
            lines: &[
                line(1, "Rib-eye", &["Medium rare", "Fries", "Peppercorn sauce"]).for_seat(1),
                line(1, "Gaivota burger", &["Medium", "Sweet potato fries", "Onion jam", "Bacon"])
                    .for_seat(2),
                line(1, "Chicken piri-piri", &["Hot", "Tomato rice"]).for_seat(3),
                line(1, "Black pork secretos", &[]).for_seat(4).saying("Birthday! Candle with the dessert"),
                line(1, "Fries", &["Aioli"]),
            ],
            bumps: &[],
            handed_over: None,
        },
    ],
};

const fn line(quantity: i32, item: &'static str, choices: &'static [&'static str]) -> Line {
    Line { quantity, item, choices, seat: None, note: None }
}

const fn done(at: &'static str, by: &'static str, minutes_ago: i64) -> Done {
    Done { at, by, minutes_ago }
}

impl Line {
    const fn for_seat(self, seat: i16) -> Self {
        Self { seat: Some(seat), ..self }
    }

    const fn saying(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::demo::{SECTIONS, STAFF, menu};

    /// The stations a Send has work for.
    fn stations_of(send: &Send) -> BTreeSet<&'static str> {
        let routes = send.lines.iter().map(|line| menu::find(line.item).expect("the dish is on the menu").2);
        routes.flat_map(|route| route.stations).copied().collect()
    }

    #[test]
    fn the_party_fits_its_table_and_is_served_by_people_who_work_there() {
        let table = SECTIONS.iter().flat_map(|section| section.tables).find(|table| table.0 == VISIT.table);
        assert!(table.is_some_and(|table| VISIT.covers <= table.1));
        let done = VISIT.sends.iter().flat_map(|send| send.bumps.iter().chain(&send.handed_over));
        for name in done.map(|done| done.by).chain([VISIT.waiter]) {
            assert!(STAFF.iter().any(|person| person.name == name), "{name}");
        }
    }

    #[test]
    fn every_line_answers_what_its_dish_asks() {
        for line in VISIT.sends.iter().flat_map(|send| send.lines) {
            let (_, item, _) = menu::find(line.item).expect("the dish is on the menu");
            let mut answered = 0;
            for group in item.groups {
                let chosen =
                    group.choices.iter().filter(|choice| line.choices.contains(&choice.name)).count();
                let chosen = i16::try_from(chosen).expect("a handful");
                assert!(group.min <= chosen && chosen <= group.max, "{}: {}", line.item, group.name);
                answered += usize::try_from(chosen).expect("a handful");
            }
            assert_eq!(answered, line.choices.len(), "{}: an answer nobody asked for", line.item);
        }
    }

    #[test]
    fn the_first_plates_are_eaten_and_the_mains_are_on_grill_and_fry() {
        let [first, second] = VISIT.sends else { panic!("two Sends") };
        let through: BTreeSet<&str> = first.bumps.iter().map(|bump| bump.at).collect();
        assert_eq!(through, stations_of(first));
        assert!(first.handed_over.is_some());
        assert!(second.bumps.is_empty() && second.handed_over.is_none());
        assert_eq!(stations_of(second), BTreeSet::from(["fry", "grill"]));
    }

    #[test]
    fn the_story_runs_forward() {
        let told = VISIT.sends.iter().flat_map(|send| {
            let done = send.bumps.iter().chain(&send.handed_over).map(|done| done.minutes_ago);
            std::iter::once(send.minutes_ago).chain(done)
        });
        assert!(told.collect::<Vec<_>>().is_sorted_by(|earlier, later| earlier > later));
    }
}
