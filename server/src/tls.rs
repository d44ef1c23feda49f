//! TLS: the certificate that this server shows, from files that may be renewed while it runs.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::SystemTime,
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;

/// The files of a certificate, as authorities and their programs (certbot, acme.sh, lego) write them.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM: the server's certificate, then those between it and a root that browsers know.
    pub certificate: PathBuf,
    /// PEM: the private key of the first certificate (PKCS #8, PKCS #1 or SEC 1), without a passphrase.
    pub key: PathBuf,
}

/// Why a certificate cannot be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file of certificates cannot be read.
    #[error("the TLS certificate cannot be read from {}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: pem::Error,
    },
    /// The file of the key cannot be read. What stands in it is not repeated.
    #[error("the TLS key cannot be read from {}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: pem::Error,
    },
    /// The two do not belong together, or are of a kind that is not known.
    #[error("the TLS certificate {} cannot be used with the key {}", certificate.display(), key.display())]
    Pair {
        /// The file of certificates.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong.
        #[source]
        error: rustls::Error,
    },
}

/// The certificate that new connections get.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
    looked: Mutex<[Option<Stamp>; 2]>,
}

/// What tells that a file is another one. A link is followed: programs that renew certificates change where it leads.
type Stamp = (SystemTime, u64, u64);

impl Tls {
    /// Reads the files.
    pub fn load(files: TlsFiles) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let looked = Mutex::new(stamps(&files));
        let shown = RwLock::new(Arc::new(read(&files, &provider)?));
        Ok(Arc::new(Self { files, provider, shown, looked }))
    }

    /// How connections are made: TLS 1.2 and 1.3, and HTTP/1.1 inside. HTTP/2 is not offered: the library's has no way to tell
    /// browsers that the server is about to stop, nor a limit for requests that trickle, and the pages are ten small files.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let config = ServerConfig::builder_with_provider(self.provider.clone()).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Reads the files again if they have changed since they were looked at.
    pub fn look(&self) {
        let now = stamps(&self.files);
        let changed = {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *looked, now) != now
        };
        if changed {
            self.reload();
        }
    }

    /// Reads the files again. What cannot be used changes nothing: connections get the certificate of before.
    pub fn reload(&self) {
        match read(&self.files, &self.provider) {
            Ok(new) => {
                *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                tracing::info!("new connections get the renewed certificate");
            }
            Err(error) => {
                let why = error.to_string();
                let because = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(why, because, "the renewed certificate is not used; connections get the one of before");
            }
        }
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |error| TlsError::Certificate { path: files.certificate.clone(), error };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
    if chain.is_empty() {
        return Err(wrong(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::Key { path: files.key.clone(), error })?;
    if fs::metadata(&files.key).is_ok_and(|file| file.mode() & 0o004 != 0) {
        tracing::warn!("everybody on this machine can read the TLS key");
    }
    CertifiedKey::from_der(chain, key, provider).map_err(|error| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        error,
    })
}

fn stamps(files: &TlsFiles) -> [Option<Stamp>; 2] {
    let stamp = |path| {
        let file = fs::metadata(path)?;
        io::Result::Ok((file.modified()?, file.len(), file.ino()))
    };
    [&files.certificate, &files.key].map(|path| stamp(path).ok())
}
