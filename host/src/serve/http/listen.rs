//! One listener: connections that are bounded in number, in headers and in how long they may dawdle; TLS where there is a
//! certificate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::diagnostic::Broken;
use crate::setup::{Workspace, read_file};

/// Connections of one listener at once; the next one waits to be taken.
const CONNECTIONS: usize = 4_096;

/// Requests of one HTTP/2 connection at once.
const STREAMS: u32 = 256;

/// A bound address.
pub(super) struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    arrival: Duration,
}

impl Listener {
    /// Binds an address. `arrival` is how long a handshake and a request's head may take.
    pub(super) async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>, arrival: Duration) -> Result<Self, Broken> {
        let doing = || format!("listening on {address}");
        let bound = TcpListener::bind(address).await.and_then(|tcp| Ok((tcp.local_addr()?, tcp)));
        let (address, tcp) = bound.map_err(|e| {
            Broken::while_doing(doing(), e)
                .help("stop what listens there, or name another address under [serve] in tollgate.toml")
        })?;
        Ok(Self { tcp, address, tls, arrival })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Serves until it stops; connections that are at work then have `grace` to finish.
    pub(super) async fn serve(self, router: Router, mut stopping: watch::Receiver<bool>, grace: Duration) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.tcp.accept() => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => break,
            };
            let (tcp, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(why) => {
                    // Out of file handles, mostly. Those that close will free some.
                    tracing::warn!(%why, "a connection was not taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (tls, router, stopping, arrival) = (self.tls.clone(), router.clone(), stopping.clone(), self.arrival);
            tokio::spawn(async move {
                let served = connection(tcp, tls, router, stopping, arrival).await;
                if let Err(why) = served {
                    tracing::debug!(%peer, %why, "a connection ended badly");
                }
                drop(place);
            });
        }
        drop(self.tcp);
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        if tokio::time::timeout(grace, places.acquire_many(all)).await.is_err() {
            tracing::warn!("connections are still at work and are cut");
        }
    }
}

async fn connection(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    stopping: watch::Receiver<bool>,
    arrival: Duration,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Without it an answer in two packets waits 40 ms for the other side's acknowledgement.
    tcp.set_nodelay(true)?;
    match tls {
        Some(tls) => requests(tokio::time::timeout(arrival, tls.accept(tcp)).await??, router, stopping, arrival).await,
        None => requests(tcp, router, stopping, arrival).await,
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    arrival: Duration,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(arrival).max_headers(64).max_buf_size(64 << 10);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(32 << 10);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// TLS by the workspace's certificate, if it names one. TLS 1.2 and 1.3, HTTP/1.1 and 2.
pub(super) fn tls(workspace: &Workspace) -> Result<Option<TlsAcceptor>, Broken> {
    let Some((certificate, key)) = &workspace.config.serve.tls else { return Ok(None) };
    let bad = |what: &str, name: &crate::name::FilePath, why: &dyn std::fmt::Display| {
        let doing = format!("reading the {what} {}", workspace.path(name.as_str()).display());
        Broken::while_doing(doing, why).help(format!("write a PEM file there, or name another one: `{what}` under [serve]"))
    };
    let pem = read_file(&workspace.path(certificate.as_str()), 1 << 20);
    let pem = pem.map_err(|e| bad("certificate", certificate, &e.cause))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|e| bad("certificate", certificate, &e))?;
    if chain.is_empty() {
        return Err(bad("certificate", certificate, &"there is no certificate in it"));
    }
    let private = workspace.key(key.as_str())?;
    let private = PrivateKeyDer::from_pem_slice(private.as_bytes()).map_err(|e| bad("key", key, &e))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private));
    let mut config = config.map_err(|e| bad("certificate", certificate, &e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
