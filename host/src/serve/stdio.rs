//! One agent on standard input and output: newline-delimited JSON-RPC, nothing else on either.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rmcp::ServiceExt as _;
use tokio::io::{AsyncBufRead, AsyncRead, BufReader, ReadBuf};

use super::mcp::{Identity, Mcp};
use super::{Caller, Front};
use crate::diagnostic::Broken;
use crate::tool::strictly;

/// The longest line.
const LONGEST: usize = 16 << 20;

/// What stands for a line that is no message: JSON, so that it is answered (-32600) and not passed over.
const NO_MESSAGE: &[u8] = b"0\n";

/// Serves one agent until its input ends.
///
/// # Errors
/// When its first message is not MCP, or the streams break.
pub async fn serve(front: Arc<Front>, caller: Caller) -> Result<(), Broken> {
    let doing = "serving an agent on standard input and output";
    let mcp = Mcp::new(front, Identity::Fixed(caller));
    let (input, output) = rmcp::transport::io::stdio_pipes();
    let input = Strict { input: BufReader::new(input), line: Vec::new(), given: None, drops: false };
    let running = mcp.serve((input, output)).await;
    let running = running.map_err(|e| Broken::while_doing(doing, e).help("start it from an MCP client"))?;
    running.waiting().await.map(drop).map_err(|e| Broken::while_doing(doing, e))
}

/// Lines, each of which is JSON that means one thing; one that is not, or is too long, is replaced.
struct Strict<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// How much of a whole line was handed on; none while it is read.
    given: Option<usize>,
    /// The line is too long.
    drops: bool,
}

impl<R: AsyncRead + Unpin> AsyncRead for Strict<R> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let it = self.get_mut();
        loop {
            if let Some(given) = it.given {
                let rest = &it.line[given..];
                let takes = rest.len().min(into.remaining());
                into.put_slice(&rest[..takes]);
                it.given = (takes < rest.len()).then_some(given + takes);
                if it.given.is_none() {
                    it.line.clear();
                }
                return Poll::Ready(Ok(()));
            }
            let bytes = ready!(Pin::new(&mut it.input).poll_fill_buf(context))?;
            if bytes.is_empty() {
                // A line that is cut off by the end is none.
                return Poll::Ready(Ok(()));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let takes = end.unwrap_or(bytes.len());
            it.drops |= it.line.len() + takes > LONGEST;
            if !it.drops {
                it.line.extend_from_slice(&bytes[..takes]);
            }
            Pin::new(&mut it.input).consume(takes);
            if end.is_some() {
                if std::mem::take(&mut it.drops) || !is_plain(&it.line) {
                    it.line = NO_MESSAGE.to_vec();
                }
                it.given = Some(0);
            }
        }
    }
}

/// Whether every reader of a line reads the same in it.
fn is_plain(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|text| text.trim().is_empty() || strictly(text).is_ok())
}
