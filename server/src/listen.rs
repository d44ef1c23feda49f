//! How connections come in: counted for each address, then TLS if it is on, then HTTP/1.1.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_http::{HttpService, Request, Response, body::MessageBody, error::DispatchError};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{Error, dev::AppConfig, rt::net::TcpStream};
use socket2::{Domain, Socket, Type};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{sleep, timeout},
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

/// How long it may take until no more connections are accepted, and those that were are with whoever answers them.
const HANDED_OVER: Duration = Duration::from_millis(50);

/// How long those who have just connected are given to send something when the server stops.
const LAST_CALL: Duration = Duration::from_secs(1);

/// Connections that wait to be accepted. A crowd that comes in the same second waits here while the workers are busy; past it the
/// system lets them try again after a second.
const BACKLOG: i32 = 4_096;

/// A server that answers.
pub(crate) struct Listening {
    handle: ServerHandle,
    silent: watch::Sender<usize>,
}

impl Listening {
    /// Stops: takes no more connections, answers those that are there, with the request to end the connection, and ends idle ones.
    /// Connections that nobody took wait for a successor on the same socket, if there is one.
    pub async fn stop(&self) {
        self.handle.pause().await;
        sleep(HANDED_OVER).await;
        // A connection that has said nothing yet would be ended just when its request arrives.
        let _ = timeout(LAST_CALL, self.silent.subscribe().wait_for(|count| *count == 0)).await;
        self.handle.stop(true).await;
    }
}

/// The socket on which a server listens.
pub(crate) fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, None)?;
    // A server that starts again must not wait until the connections of the one before are forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Answers what comes to `listener` with an app, until it is told to stop.
///
/// An address that has too many connections is cut off before the handshake: one that begins handshakes and says nothing more
/// takes no one else's place.
pub(crate) fn serve<F, I, S, B>(
    listener: TcpListener,
    config: &Config,
    tls: Option<TlsAcceptor>,
    connections: Option<Connections>,
    app: F,
) -> io::Result<(Server, Listening)>
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
    let (silent, _) = watch::channel(0);
    let count = silent.clone();
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
        let (tls, connections, count) = (tls.clone(), connections.clone(), count.clone());
        fn_service(move |stream: TcpStream| {
            let (tls, connections) = (tls.clone(), connections.clone());
            let silent = Silent::new(count.clone());
            async move {
                let peer = stream.peer_addr()?;
                let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
                let counted = connections.map(|connections| connections.admit(peer.ip()).ok_or_else(refused)).transpose()?;
                stream.set_nodelay(true)?;
                let stream = match tls {
                    None => Stream::Plain(stream),
                    Some(tls) => Stream::Tls(Box::new(timeout(head, tls.accept(stream)).await.map_err(io::Error::from)??)),
                };
                Ok::<_, DispatchError>((Line { stream, silent: Some(silent), _counted: counted }, Some(peer)))
            }
        })
        .map_init_err(|_: ()| ())
        .and_then(http)
    };
    let server = builder.listen("isoloir", listener, service)?.run();
    let handle = server.handle();
    Ok((server, Listening { handle, silent }))
}

/// What accepts handshakes with this configuration.
pub(crate) fn acceptor(config: rustls::ServerConfig) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(config))
}

/// A connection, counted for as long as it lives.
struct Line {
    stream: Stream,
    /// Until it has sent something.
    silent: Option<Silent>,
    _counted: Option<Counted>,
}

/// Counts a connection that has sent nothing yet.
struct Silent(watch::Sender<usize>);

impl Silent {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count = count.saturating_add(1));
        Self(count)
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls a method of whichever stream it is.
macro_rules! either {
    ($line:expr, $method:ident($($argument:expr),*)) => {
        match &mut $line.stream {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Tls(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let read = either!(line, poll_read(context, buffer));
        if read.is_ready() {
            line.silent = None;
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), poll_shutdown(context))
    }
}
