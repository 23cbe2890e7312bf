//! One agent on standard input and output: newline-delimited JSON-RPC, nothing else on either.

use std::sync::Arc;

use rmcp::ServiceExt as _;

use super::mcp::{Identity, Mcp};
use super::{Caller, Front};
use crate::diagnostic::Broken;

/// Serves one agent until its input ends.
///
/// # Errors
/// When its first message is not MCP, or the streams break.
pub async fn serve(front: Arc<Front>, caller: Caller) -> Result<(), Broken> {
    let doing = "serving an agent on standard input and output";
    let mcp = Mcp::new(front, Identity::Fixed(caller));
    let running = mcp.serve(rmcp::transport::io::stdio_pipes()).await;
    let running = running.map_err(|e| Broken::while_doing(doing, e).help("start it from an MCP client"))?;
    running.waiting().await.map(drop).map_err(|e| Broken::while_doing(doing, e))
}
