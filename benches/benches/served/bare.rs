//! The baselines: rmcp with a native function, over HTTP and stdio, and a server that only answers.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tollgate_benches::Failed;

#[derive(Clone)]
struct Bare;

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("bare", "1"))
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![Tool::new("empty_nothing", "Nothing.", Arc::new(JsonObject::new()))]))
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        _cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut result = CallToolResult::success(vec![ContentBlock::text("{}")]);
        result.structured_content = Some(serde_json::json!({}));
        Ok(result.into())
    }
}

fn events() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// rmcp over HTTP, as Tollgate is where several hosts share an address: no sessions, answers as JSON.
pub fn http(port: &str) -> Result<(), Failed> {
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    events()?.block_on(async {
        let service = StreamableHttpService::new(|| Ok(Bare), Arc::new(NeverSessionManager::default()), config);
        let router = axum::Router::new().nest_service("/mcp", service);
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
        let listener = axum::serve::ListenerExt::tap_io(listener, |tcp| drop(tcp.set_nodelay(true)));
        Ok(axum::serve(listener, router).await?)
    })
}

/// rmcp over standard input and output.
pub fn stdio() -> Result<(), Failed> {
    events()?.block_on(async {
        Bare.serve(rmcp::transport::io::stdio_pipes()).await?.waiting().await?;
        Ok(())
    })
}

/// Answers whatever comes in one piece, without looking at it.
pub fn null(port: &str) -> Result<(), Failed> {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"result\":{}}";
    events()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
        loop {
            let (mut tcp, _) = listener.accept().await?;
            tcp.set_nodelay(true)?;
            tokio::spawn(async move {
                let mut buffer = vec![0; 8 << 10];
                while tcp.read(&mut buffer).await.is_ok_and(|read| read > 0) && tcp.write_all(ANSWER).await.is_ok() {}
            });
        }
    })
}

/// Answers each line over standard input and output by its number, without looking at the rest.
pub fn null_stdio() -> Result<(), Failed> {
    let (mut input, mut output) = (BufReader::new(std::io::stdin().lock()), BufWriter::new(std::io::stdout().lock()));
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        if let Some((_, rest)) = line.split_once("\"id\":") {
            let id = rest.split([',', '}']).next().unwrap_or_default();
            writeln!(output, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":[],\"isError\":false}}}}")?;
        }
        if input.buffer().is_empty() {
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}
