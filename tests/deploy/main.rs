//! The program among what a sysadmin sets around it: systemd's sockets and words, nginx with TLS, the files of deploy/.
//! Real programs throughout; what is not started here (systemd itself, a container) is asked of its own checker or read.

#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../faults/house.rs"]
mod house;
#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../faults/tablet.rs"]
mod tablet;

mod browser;
mod containers;
mod handed;
mod lan;
mod nginx;
mod notify;
mod own_certificate;
mod proxied;
mod units;
