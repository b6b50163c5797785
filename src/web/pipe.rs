//! A screen's WebSocket on the stream that the upgrade left us.
//!
//! What is heard, and the words of the WebSocket itself (pings, closes), are tungstenite's. Our messages are framed
//! already and the same for all screens, so they go past it: its own buffer would keep, for as long as the screen
//! watches, a copy as large as the largest message.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderValue;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::Response;
use bytes::{Buf as _, Bytes};
use futures_util::{Sink as _, Stream as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::error::AppError;
use crate::board::wire::CLIENT_MESSAGE_BYTES_MAX;

/// What a screen says is short, and its buffer is kept for as long as it watches.
const READ_BUFFER_BYTES: usize = 256;
/// A pong leaves by itself: nothing gathers here.
const WRITE_BUFFER_BYTES: usize = 0;
/// Messages in one write, at most: a screen that fell behind catches up in fewer.
const MESSAGES_A_WRITE_MAX: usize = 16;
/// Room for so many messages is kept between pulls; what a burst took is given back.
const MESSAGES_KEPT: usize = 4;

/// A request that asks for a WebSocket. Others are refused.
#[derive(Debug)]
pub struct Upgrade {
    answer: Response,
    upgrading: OnUpgrade,
    offered: Vec<HeaderValue>,
}

impl<S: Send + Sync> FromRequest<S> for Upgrade {
    type Rejection = AppError;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, AppError> {
        let answer = create_response_with_body(&request, Body::empty)
            .map_err(|err| AppError::Unreadable(format!("This address is a WebSocket's. {err}.")))?;
        let upgrading = request.extensions_mut().remove();
        let upgrading = upgrading
            .ok_or_else(|| AppError::Unreadable("This connection cannot become a WebSocket.".to_owned()))?;
        let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter().cloned().collect();
        Ok(Self { answer, upgrading, offered })
    }
}

impl Upgrade {
    /// Answers 101, and serves the socket in a task of its own once the answer is out. The subprotocol is agreed on if
    /// it was offered.
    pub(super) fn serve<F>(
        mut self,
        protocol: &'static str,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let offers = |offer: &HeaderValue| {
            offer.to_str().is_ok_and(|names| names.split(',').any(|name| name.trim() == protocol))
        };
        if self.offered.iter().any(offers) {
            self.answer.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        let upgrading = self.upgrading;
        tokio::spawn(async move {
            // Who went away before the answer was out is not there to be served.
            if let Ok(upgraded) = upgrading.await {
                let socket = Socket::over(TokioIo::new(upgraded)).await;
                // A task of its own: the one that upgraded is large, and would be for as long as the screen watches.
                drop(tokio::spawn(serve(socket)));
            }
        });
        self.answer
    }
}

/// The other side is gone, or is no WebSocket.
#[derive(Debug)]
pub(super) struct Gone;

/// A screen's socket.
pub(super) struct Socket<S = TokioIo<Upgraded>>(WebSocketStream<Pipe<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    async fn over(stream: S) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(CLIENT_MESSAGE_BYTES_MAX))
            .max_frame_size(Some(CLIENT_MESSAGE_BYTES_MAX));
        let pipe = Pipe { stream, put: VecDeque::new(), is_amid: false };
        Self(WebSocketStream::from_raw_socket(pipe, Role::Server, Some(config)).await)
    }

    /// The next message of the screen; none when it is gone.
    pub(super) fn poll_hear(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        Pin::new(&mut self.0).poll_next(context)
    }

    /// Writes what was put here; ready when all of it is with the system.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Pin::new(&mut self.0).poll_flush(context).map_err(|_| Gone)
    }

    /// Puts a framed message, to be written by [`Socket::poll_flush`].
    pub(super) fn put(&mut self, framed: Bytes) {
        self.0.get_mut().put.push_back(framed);
    }

    /// Whether nothing is left of what was put here.
    pub(super) fn is_empty(&self) -> bool {
        self.0.get_ref().put.is_empty()
    }

    /// Puts the last word.
    pub(super) fn put_close(&mut self, code: u16) -> Result<(), Gone> {
        let last = CloseFrame { code: code.into(), reason: Utf8Bytes::default() };
        Pin::new(&mut self.0).start_send(Message::Close(Some(last))).map_err(|_| Gone)
    }
}

/// The stream under the WebSocket. What was put here goes before whatever else is written, and gets into nothing that is
/// half out.
struct Pipe<S> {
    stream: S,
    /// Messages that are on their way: shared by all their screens.
    put: VecDeque<Bytes>,
    /// A word of the WebSocket's own is half out.
    is_amid: bool,
}

impl<S: AsyncWrite + Unpin> Pipe<S> {
    fn poll_put(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.put.is_empty() {
            let mut slices = [IoSlice::new(&[]); MESSAGES_A_WRITE_MAX];
            let count =
                slices.iter_mut().zip(&self.put).map(|(slice, bytes)| *slice = IoSlice::new(bytes)).count();
            let mut written =
                ready!(Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..count]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            while let Some(first) = self.put.front_mut() {
                let out = written.min(first.len());
                written -= out;
                first.advance(out);
                if !first.is_empty() {
                    break;
                }
                self.put.pop_front();
            }
        }
        self.put.shrink_to(MESSAGES_KEPT);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pipe<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_amid {
            ready!(self.poll_put(context))?;
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.is_amid = written < bytes.len();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_amid {
            ready!(self.poll_put(context))?;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Pipe<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Waker;
    use std::time::Duration;

    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::io::duplex;
    use tokio::time::timeout;

    use super::*;
    use crate::board::wire::Said;

    /// Torn messages are waited for in vain.
    const SURELY: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn an_answer_to_a_ping_gets_into_no_message_that_is_half_out() {
        let (near, far) = duplex(64);
        let mut socket = Socket::over(near).await;
        let mut screen = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let nobody = &mut Context::from_waker(Waker::noop());
        let epoch = "e".repeat(1_000);
        let long = Said::Reset { epoch: &epoch, why: "epoch", within_ms: 0 }.encode();
        socket.put(long.framed());
        socket.put(long.framed());
        assert!(socket.poll_flush(nobody).is_pending(), "the line is narrow");
        screen.send(Message::Ping(Bytes::new())).await.expect("a word");
        let heard = poll_fn(|context| socket.poll_hear(context)).await;
        assert!(matches!(heard, Some(Ok(Message::Ping(_)))), "{heard:?}");
        let (written, read) = tokio::join!(poll_fn(|context| socket.poll_flush(context)), async {
            [screen.next().await, screen.next().await, screen.next().await]
                .map(|said| said.and_then(Result::ok))
        });
        written.expect("all of it");
        let text = Message::Text(Utf8Bytes::try_from(long.text()).expect("text"));
        assert_eq!(read, [Some(text.clone()), Some(text), Some(Message::Pong(Bytes::new()))]);
    }

    #[tokio::test]
    async fn a_message_gets_into_no_answer_to_a_ping_that_is_half_out() {
        let (near, far) = duplex(64);
        let mut socket = Socket::over(near).await;
        let mut screen = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let ping = Bytes::from(vec![b'p'; 100]);
        let (heard, sent) = tokio::join!(
            poll_fn(|context| socket.poll_hear(context)),
            screen.send(Message::Ping(ping.clone()))
        );
        assert!(matches!((heard, sent), (Some(Ok(Message::Ping(_))), Ok(()))));
        let nobody = &mut Context::from_waker(Waker::noop());
        assert!(socket.poll_flush(nobody).is_pending(), "the line is narrow");
        let short = Said::Drain { within_ms: 0 }.encode();
        socket.put(short.framed());
        let both = async {
            tokio::join!(poll_fn(|context| socket.poll_flush(context)), async {
                [screen.next().await, screen.next().await].map(|said| said.and_then(Result::ok))
            })
        };
        let (written, read) = timeout(SURELY, both).await.expect("what came was two whole messages");
        written.expect("all of it");
        let text = Message::Text(Utf8Bytes::try_from(short.text()).expect("text"));
        assert_eq!(read, [Some(Message::Pong(ping)), Some(text)]);
    }
}
