//! The WIT contract as Rust, generated; nothing else.

#![expect(missing_docs, reason = "generated; the WIT files hold the documentation")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "tollgate:host/host",
    imports: { default: async | trappable },
    trappable_error_type: { "tollgate:host/types.refusal" => crate::diagnostic::Halt },
});
