//! Asks a program that serves whether it answers, through its own port, as a stranger would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What an answer begins with.
const ALIVE: &[u8] = b"HTTP/1.1 200 ";

/// Why a program is not known to answer.
#[derive(Debug, Error)]
pub enum Silent {
    /// Nobody listens, or the line broke.
    #[error("{address} cannot be asked")]
    Line {
        /// Who was asked.
        address: SocketAddr,
        /// What happened.
        #[source]
        source: std::io::Error,
    },
    /// It took the question and said nothing.
    #[error("{address} did not answer within {} s", within.as_secs_f32())]
    Mute {
        /// Who was asked.
        address: SocketAddr,
        /// How long was waited.
        within: Duration,
    },
    /// It said something else.
    #[error("{address} answers, but not as a Comanda that is alive")]
    Strange {
        /// Who was asked.
        address: SocketAddr,
    },
}

/// Whether `GET /healthz` there is answered within that time; over TLS where somebody says how.
pub async fn ask(address: SocketAddr, tls: Option<&TlsConnector>, within: Duration) -> Result<(), Silent> {
    let address = reachable(address);
    let asked = async {
        let line = TcpStream::connect(address).await?;
        match tls {
            Some(tls) => answer(tls.connect(address.ip().into(), line).await?, address).await,
            None => answer(line, address).await,
        }
    };
    let begins = timeout(within, asked).await.map_err(|_| Silent::Mute { address, within })?;
    match begins {
        Ok(begins) if begins == ALIVE => Ok(()),
        Ok(_) => Err(Silent::Strange { address }),
        Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => Err(Silent::Strange { address }),
        Err(source) => Err(Silent::Line { address, source }),
    }
}

async fn answer(
    mut line: impl AsyncRead + AsyncWrite + Unpin,
    address: SocketAddr,
) -> std::io::Result<[u8; ALIVE.len()]> {
    let question = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    line.write_all(question.as_bytes()).await?;
    let mut begins = [0; ALIVE.len()];
    line.read_exact(&mut begins).await?;
    Ok(begins)
}

/// Who listens on every address is asked on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Somebody who takes one question and says this.
    async fn somebody(says: &'static str) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.expect("a question");
            let _ = line.write_all(says.as_bytes()).await;
            let _ = line.read(&mut [0; 512]).await;
        });
        address
    }

    const SOON: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn only_an_answer_that_says_so_is_one() {
        let alive = somebody("HTTP/1.1 200 OK\r\n\r\nalive\n").await;
        ask(alive, None, SOON).await.expect("alive");
        let every_address =
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, somebody("HTTP/1.1 200 OK\r\n").await.port()));
        ask(every_address, None, SOON).await.expect("asked on this machine");
        let broken = ask(somebody("HTTP/1.1 500 Internal Server Error\r\n").await, None, SOON).await;
        assert!(matches!(broken, Err(Silent::Strange { .. })), "{broken:?}");
        let short = ask(somebody("SSH").await, None, SOON).await;
        assert!(matches!(short, Err(Silent::Mute { .. } | Silent::Strange { .. })), "{short:?}");
        let mute = ask(somebody("").await, None, SOON).await;
        assert!(matches!(mute, Err(Silent::Mute { .. } | Silent::Strange { .. })), "{mute:?}");
    }

    #[tokio::test]
    async fn a_port_without_anybody_is_named() {
        let address = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port").local_addr().expect("one");
        let nobody = ask(address, None, SOON).await.expect_err("nobody listens");
        assert!(nobody.to_string().contains(&address.to_string()), "{nobody}");
    }
}
