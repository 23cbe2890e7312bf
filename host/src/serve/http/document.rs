//! The two OpenAPI documents: what every operation may answer, and how the doors are introduced.

use axum::Json;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder,
};
use utoipa::{IntoResponses, PartialSchema as _};
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;

/// How credentials are named in the documents.
const TOKEN: &str = "token";

/// Problems that any request may meet.
pub(super) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        let each = [
            ("400", "The request is malformed."),
            ("401", "There is no token, or it is not valid at this door."),
            ("403", "It may not be done, or not by this caller, or the request came under a strange name."),
            ("404", "There is no such thing, or it is not this caller's."),
            ("405", "It is not done this way: `Allow` says what is."),
            ("408", "The request took too long to arrive."),
            ("413", "The body is too large."),
            ("415", "The body is no JSON."),
            ("422", "The body is understood, and what it says cannot be."),
            ("429", "Too many requests, or a quota is spent: `Retry-After` says when to come again."),
            ("503", "It is frozen, or the host cannot do it now."),
        ];
        each.into_iter().map(|(status, says)| (status.to_owned(), RefOr::T(problem(says)))).collect()
    }
}

fn problem(says: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(says).content("application/problem+json", content).build()
}

/// An empty document.
pub(super) fn begun<S: Clone + Send + Sync + 'static>(title: &str, says: &str) -> OpenApiRouter<S> {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new().title(title).version(env!("CARGO_PKG_VERSION")).description(Some(says));
    let components = ComponentsBuilder::new()
        .schema("Problem", Problem::schema())
        .security_scheme(TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .build();
    let document = OpenApiBuilder::new()
        .info(info.license(Some(license)).build())
        .components(Some(components))
        .security(Some([SecurityRequirement::new(TOKEN, Vec::<String>::new())]))
        .build();
    OpenApiRouter::with_openapi(document)
}

/// A route that hands the document out.
pub(super) fn served(document: &OpenApi) -> axum::Router {
    let printed = serde_json::to_value(document).unwrap_or_else(|e| json!({ "error": e.to_string() }));
    axum::Router::new().route("/v1/openapi.json", get(move || hand_out(printed.clone())))
}

async fn hand_out(document: Value) -> Json<Value> {
    Json(document)
}

/// The path is there, and the method is not: `Allow` says which are.
pub(super) async fn not_that_way() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "door.method", "this is not done this way: `Allow` says what is")
}
