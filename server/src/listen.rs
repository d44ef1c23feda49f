//! How connections come in: counted for each address, then TLS if it is on, then HTTP/1.1.

use std::{
    io,
    net::TcpListener,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_http::{HttpService, Request, Response, body::MessageBody, error::DispatchError};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{Error, dev::AppConfig, rt::net::TcpStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    config::Config,
    limits::{Connections, Counted},
};

/// How long an idle connection is kept. Browsers send again by themselves what meets its end.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long a client may take to say goodbye.
const DISCONNECT: Duration = Duration::from_secs(1);

/// Answers what comes to `listener` with an app, until it is told to stop: then it answers what is under way, asks clients to end
/// the connection with the answer, and ends idle ones.
///
/// An address that has too many connections is cut off before the handshake: one that begins handshakes and says nothing more
/// takes no one else's place.
pub(crate) fn serve<F, I, S, B>(
    listener: TcpListener,
    config: &Config,
    tls: Option<TlsAcceptor>,
    connections: Option<Connections>,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let head = config.request_timeout;
    let builder = Server::build()
        .workers(config.workers.max(1))
        .max_concurrent_connections(config.connections)
        .shutdown_timeout(config.shutdown_timeout.as_secs())
        .disable_signals();
    let stops = builder.graceful_shutdown_signal();
    let service = move || {
        let stops = stops.clone();
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stops = stops.clone();
                async move { stops.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(head)
            .client_disconnect_timeout(DISCONNECT)
            // What the app is told of itself goes into links that it makes, and it makes none.
            .h1(map_config(app, |()| AppConfig::default()));
        let (tls, connections) = (tls.clone(), connections.clone());
        fn_service(move |stream: TcpStream| {
            let (tls, connections) = (tls.clone(), connections.clone());
            async move {
                let peer = stream.peer_addr()?;
                let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
                let counted = connections.map(|connections| connections.admit(peer.ip()).ok_or_else(refused)).transpose()?;
                stream.set_nodelay(true)?;
                let stream = match tls {
                    None => Stream::Plain(stream),
                    Some(tls) => Stream::Tls(Box::new(timeout(head, tls.accept(stream)).await.map_err(io::Error::from)??)),
                };
                Ok::<_, DispatchError>((Line { stream, _counted: counted }, Some(peer)))
            }
        })
        .map_init_err(|_: ()| ())
        .and_then(http)
    };
    Ok(builder.listen("isoloir", listener, service)?.run())
}

/// What accepts handshakes with this configuration.
pub(crate) fn acceptor(config: rustls::ServerConfig) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(config))
}

/// A connection, counted for as long as it lives.
struct Line {
    stream: Stream,
    _counted: Option<Counted>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls a method of whichever stream it is.
macro_rules! either {
    ($line:expr, $method:ident($($argument:expr),*)) => {
        match &mut $line.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Tls(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_read(context, buffer))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown(context))
    }
}
