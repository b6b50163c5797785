//! A Redis of one test's own, on a socket in its folder: it is killed, stopped and started again.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::Client;
use redis::aio::MultiplexedConnection;
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio::time::sleep;

use super::house::{send, until};

pub(crate) struct RedisServer {
    folder: PathBuf,
    server: Option<Child>,
}

impl RedisServer {
    pub(crate) async fn open() -> Self {
        let folder = PathBuf::from(format!("/tmp/comanda-redis-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder for Redis");
        let mut redis = Self { folder, server: None };
        redis.start().await;
        redis
    }

    /// Starts it, and waits until it answers. It keeps nothing on disk.
    pub(crate) async fn start(&mut self) {
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.folder.join("redis.sock"))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        self.server = Some(server.expect("redis-server is installed: `make test` sees to it"));
        let client = self.client();
        until("Redis answers", async || client.get_multiplexed_async_connection().await.is_ok()).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("redis.sock").display())
    }

    fn client(&self) -> Client {
        Client::open(self.url()).expect("an address")
    }

    pub(crate) async fn line(&self) -> MultiplexedConnection {
        self.client().get_multiplexed_async_connection().await.expect("a line")
    }

    /// Waits until so many processes listen for a board.
    pub(crate) async fn has_listeners(&self, channel: &str, wanted: usize) {
        let line = self.line().await;
        until("they listen", async || {
            let mut ask = redis::cmd("PUBSUB");
            let counts: Vec<(String, usize)> =
                ask.arg("NUMSUB").arg(channel).query_async(&mut line.clone()).await.expect("an answer");
            counts.iter().any(|(_, count)| *count == wanted)
        })
        .await;
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().expect("a server");
        server.kill().expect("it can be killed");
        server.wait().expect("it ends");
        let _ = std::fs::remove_file(self.folder.join("redis.sock"));
    }

    /// It is there, and answers nobody, until it may go on.
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.server.as_ref().expect("a server").id(), signal);
    }
}

/// The same Redis behind a line on which every byte takes that long.
pub(crate) async fn slow_line_to(redis: &RedisServer, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let socket = redis.folder.join("redis.sock");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = UnixStream::connect(&socket).await.expect("Redis is there");
            let ((near_out, near_in), (far_out, far_in)) = (near.into_split(), far.into_split());
            tokio::spawn(carry(near_out, far_in, delay));
            tokio::spawn(carry(far_out, near_in, delay));
        }
    });
    url
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes).await {
        sleep(delay).await;
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Longer than any poll, so that what a mute line does is seen.
pub(crate) async fn a_moment() {
    sleep(Duration::from_millis(400)).await;
}
