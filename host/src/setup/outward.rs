//! What this program asks of others over HTTP: the client that asks, and one bounded answer.

use std::time::Duration;

use reqwest::redirect::Policy;

use crate::config::is_local;
use crate::diagnostic::Broken;

/// A client for one address. An answer is the answer of that address: nothing that it points to is asked.
///
/// Certificates are checked by this machine's, or by the file that `SSL_CERT_FILE` names. Proxies are those of the
/// environment, and none for what is on this machine.
///
/// # Errors
/// When the address is none, or this machine has no certificates.
pub fn client(url: &str, within: Duration) -> Result<reqwest::Client, Broken> {
    let doing = "preparing to ask others over HTTP";
    let url = reqwest::Url::parse(url).map_err(|e| Broken::while_doing(doing, e))?;
    let agent = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
    let builder = reqwest::Client::builder().user_agent(agent).redirect(Policy::none()).timeout(within);
    let builder = if is_local(&url) { builder.no_proxy() } else { builder };
    builder.build().map_err(|e| Broken::while_doing(doing, chain(&e)))
}

/// Reads what stands at an address: at most `most` bytes.
///
/// # Errors
/// When nothing else than a whole answer with status 200 comes, or it is larger.
pub async fn read_url(client: &reqwest::Client, url: &str, most: usize) -> Result<Vec<u8>, Broken> {
    let broken = |cause: String| Broken::while_doing(format!("reading {url}"), cause);
    let mut answer = client.get(url).send().await.map_err(|e| broken(chain(&e)))?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(broken(format!("the answer is {}", answer.status())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| broken(chain(&e)))? {
        if bytes.len() + chunk.len() > most {
            return Err(broken(format!("the answer is larger than {most} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// An error with its causes: the first alone says only that asking failed.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}
