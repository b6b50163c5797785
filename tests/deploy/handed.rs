//! A port that somebody else holds open: the program is restarted, and whoever comes meanwhile waits.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::house::{House, PLAIN, SURELY, Settings, said, send, until};

/// A port that outlives the programs that serve on it, as systemd's does.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    pub(crate) fn open() -> Self {
        Self::at("127.0.0.1:0").expect("a port")
    }

    fn at(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { address: listener.local_addr()?, listener })
    }
}

/// The program with that port as its third file and the words that say so. A shell does what systemd does: the numbers
/// of the file and of the process are settled between fork and exec.
fn under(house: &House, port: &Port, settings: Settings<'_>, words: &str) -> Command {
    let plain = house.command(settings);
    let mut command = Command::new("sh");
    command.args(["-c", "exec 3<&0 </dev/null; exec env LISTEN_FDS=1 LISTEN_PID=$$ \"$0\" $1"]);
    command.arg(plain.get_program()).arg(words).env_clear().current_dir(&house.root);
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::from(std::os::fd::OwnedFd::from(port.listener.try_clone().expect("the same port"))));
    command
}

/// Starts the program on a port that is open already. Its own `COMANDA_LISTEN` is another one.
pub(crate) fn serve_on(house: &mut House, port: &Port, settings: Settings<'_>) {
    let command = under(house, port, settings, "serve");
    house.start_as(command);
}

/// What became of those who came.
#[derive(Default)]
struct Crowd {
    answered: AtomicUsize,
    refused: AtomicUsize,
    enough: AtomicBool,
}

impl Crowd {
    /// Comes again and again, on a new connection each time.
    fn come(self: &Arc<Self>, address: SocketAddr) -> thread::JoinHandle<()> {
        let crowd = Arc::clone(self);
        thread::spawn(move || {
            while !crowd.enough.load(Ordering::Relaxed) {
                match visit(address) {
                    Ok(true) => _ = crowd.answered.fetch_add(1, Ordering::Relaxed),
                    Err(err) if err.kind() == io::ErrorKind::ConnectionRefused => {
                        crowd.refused.fetch_add(1, Ordering::Relaxed);
                    }
                    // Taken up by a program that was just ending: a browser asks again.
                    Ok(false) | Err(_) => {}
                }
            }
        })
    }
}

fn visit(address: SocketAddr) -> io::Result<bool> {
    let mut line = TcpStream::connect(address)?;
    line.set_read_timeout(Some(SURELY))?;
    line.write_all(b"GET /healthz HTTP/1.1\r\nHost: house\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    line.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

async fn answers_at(address: SocketAddr) {
    let answers = move || tokio::task::spawn_blocking(move || visit(address).is_ok_and(|answered| answered));
    until("an answer", async || answers().await.expect("a thread")).await;
}

#[tokio::test]
async fn a_restart_refuses_nobody() {
    let (port, mut house) = (Port::open(), House::new());
    serve_on(&mut house, &port, PLAIN);
    answers_at(port.address).await;
    assert!(TcpStream::connect(house.address).is_err(), "it opened no port of its own");

    let crowd = Arc::new(Crowd::default());
    let people: Vec<_> = (0..4).map(|_| crowd.come(port.address)).collect();
    for _ in 0..2 {
        until("a crowd", async || crowd.answered.load(Ordering::Relaxed) > 20).await;
        send(house.pid(), Signal::TERM);
        assert_eq!(house.ended().await.code(), Some(0), "{}", house.log());
        // Nobody serves: who comes now is in, and waits.
        let mut waiting = TcpStream::connect_timeout(&port.address, Duration::from_secs(5)).expect("a place");
        waiting.set_read_timeout(Some(SURELY)).expect("a limit");
        waiting
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: house\r\nConnection: close\r\n\r\n")
            .expect("asked");
        crowd.answered.store(0, Ordering::Relaxed);
        serve_on(&mut house, &port, PLAIN);
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            waiting.read_to_string(&mut answer).map(|_| answer)
        });
        let answer = answer.await.expect("a thread").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "who waited is served by the next one: {answer}");
    }
    until("a crowd again", async || crowd.answered.load(Ordering::Relaxed) > 20).await;
    crowd.enough.store(true, Ordering::Relaxed);
    for person in people {
        person.join().expect("a person");
    }
    assert_eq!(crowd.refused.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_port_that_is_handed_over_keeps_the_rules_of_our_own() {
    let Ok(port) = Port::at("[::1]:0") else {
        panic!("this machine has no IPv6 on loopback, which systemd's sockets may use");
    };
    let mut house = House::new();
    let plain = rustix::net::sockopt::socket_send_buffer_size(&port.listener).expect("a size");
    serve_on(&mut house, &port, PLAIN);
    answers_at(port.address).await;
    let untaken = rustix::net::sockopt::socket_send_buffer_size(&port.listener).expect("a size");
    assert_eq!(untaken, 2 * 64 * 1024, "it was {plain}: a slow screen would be sent megabytes of old frames");
}

#[tokio::test]
async fn what_is_no_port_is_refused_in_words() {
    let house = House::new();
    let mut command = under(&house, &Port::open(), PLAIN, "serve");
    command.stdin(Stdio::null());
    let refused = command.output().expect("a program");
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("not a socket"), "{}", said(&refused));
    assert!(!house.data.exists(), "nothing was made");
}

#[tokio::test]
async fn health_says_with_its_exit_code_whether_somebody_answers() {
    let mut house = House::new();
    let dead = house.errand(PLAIN, &["health"]).await;
    assert_eq!(dead.status.code(), Some(1));
    assert!(said(&dead).contains(&house.address.to_string()), "{}", said(&dead));
    house.serve(PLAIN).await;
    let alive = house.errand(PLAIN, &["health"]).await;
    assert_eq!(alive.status.code(), Some(0), "{}", said(&alive));
}
