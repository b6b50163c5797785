//! Whether the program is alive: for supervisors. It asks nobody, so a database that is away restarts nothing.

/// `GET /healthz`.
#[expect(clippy::unused_async, reason = "a handler is async")]
pub async fn alive() -> &'static str {
    "alive\n"
}
