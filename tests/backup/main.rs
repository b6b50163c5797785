//! Dumps and the way back, with the real program and real servers: what a bad night takes, and what is there again in the
//! morning.

#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../faults/house.rs"]
mod house;
#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../faults/screen.rs"]
mod screen;
#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../faults/tablet.rs"]
mod tablet;

mod clocks;
mod nightly;
mod old_data;
mod refused;
mod round_trip;
mod scene;
mod served;
