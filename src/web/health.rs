//! Whether the program is alive: for supervisors. It asks nobody, so a database that is away restarts nothing.

/// `GET /healthz`.
pub async fn alive() -> &'static str {
    "alive\n"
}
