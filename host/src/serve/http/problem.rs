//! Errors over HTTP: problem details (RFC 9457), with the code that MCP and the journal use too.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::front::Turned;
use super::super::said::{Said, of_turned};

/// A problem (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:tollgate:problem:CODE`
    #[schema(pattern = "^urn:tollgate:problem:[a-z.-]+$")]
    pub r#type: String,
    /// The status in words.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// One sentence, and what to do.
    pub detail: String,
    /// A code of the host, or `door.…` where a request was turned away before the host looked at it.
    pub code: String,
    /// The invocation that it is about.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation: Option<String>,
    /// The question that it is about.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    #[serde(skip)]
    #[schema(ignore)]
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with its code and sentence.
    pub(super) fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            r#type: format!("urn:tollgate:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            invocation: None,
            approval: None,
            headers: Vec::new(),
        }
    }

    /// The same, with a header.
    pub(super) fn with(mut self, name: header::HeaderName, value: impl AsRef<str>) -> Self {
        // What cannot stand in a header is left out; the body says it all.
        self.headers.extend(HeaderValue::from_str(value.as_ref()).ok().map(|value| (name, value)));
        self
    }

    /// The same, saying when to come again.
    pub(super) fn after(self, wait: std::time::Duration) -> Self {
        self.with(header::RETRY_AFTER, wait.as_secs().max(1).to_string())
    }
}

impl From<Turned> for Problem {
    fn from(turned: Turned) -> Self {
        let Said { code, text } = of_turned(&turned);
        let status = match &turned {
            Turned::Unknown => StatusCode::NOT_FOUND,
            Turned::Usage(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Turned::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Turned::Stopping | Turned::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let problem = Self::new(status, code, text);
        match turned {
            Turned::Busy(busy) => problem.after(busy.after),
            Turned::Stopping | Turned::Broken(_) => problem.after(std::time::Duration::from_secs(5)),
            Turned::Unknown | Turned::Usage(_) => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = self.headers.clone();
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.headers_mut().extend(headers);
        response
    }
}
