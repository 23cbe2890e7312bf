//! What `tollgate new` writes: the template, and copies of the SDK and the contract.

/// The tool itself; its name stands in paths and texts as `new-tool` and `new_tool`.
pub const TEMPLATE: &[(&str, &str)] = &[
    (".gitignore", include_str!("../../../template/gitignore")),
    ("Cargo.toml", include_str!("../../../template/tool.Cargo.toml")),
    ("README.md", include_str!("../../../template/README.md")),
    ("rust-toolchain.toml", include_str!("../../../../rust-toolchain.toml")),
    ("src/lib.rs", include_str!("../../../template/src/lib.rs")),
    ("tools/new-tool.toml", include_str!("../../../template/manifest.toml")),
];

/// What is copied as it stands in the repository.
pub const COPIED: &[(&str, &str)] = &[
    ("sdk/LICENSE", include_str!("../../../../LICENSE")),
    ("sdk/Cargo.toml", include_str!("../../../../guest-sdk/Cargo.toml")),
    ("sdk/macros/Cargo.toml", include_str!("../../../../guest-sdk/macros/Cargo.toml")),
    ("sdk/macros/src/convert.rs", include_str!("../../../../guest-sdk/macros/src/convert.rs")),
    ("sdk/macros/src/documentation.rs", include_str!("../../../../guest-sdk/macros/src/documentation.rs")),
    ("sdk/macros/src/emit.rs", include_str!("../../../../guest-sdk/macros/src/emit.rs")),
    ("sdk/macros/src/lib.rs", include_str!("../../../../guest-sdk/macros/src/lib.rs")),
    ("sdk/macros/src/model.rs", include_str!("../../../../guest-sdk/macros/src/model.rs")),
    ("sdk/macros/src/name.rs", include_str!("../../../../guest-sdk/macros/src/name.rs")),
    ("sdk/macros/src/needs.rs", include_str!("../../../../guest-sdk/macros/src/needs.rs")),
    ("sdk/macros/src/parse.rs", include_str!("../../../../guest-sdk/macros/src/parse.rs")),
    ("sdk/macros/src/parse/types.rs", include_str!("../../../../guest-sdk/macros/src/parse/types.rs")),
    ("sdk/macros/src/section.rs", include_str!("../../../../guest-sdk/macros/src/section.rs")),
    ("sdk/macros/src/shape.rs", include_str!("../../../../guest-sdk/macros/src/shape.rs")),
    ("sdk/macros/src/wit.rs", include_str!("../../../../guest-sdk/macros/src/wit.rs")),
    ("sdk/src/acl.rs", include_str!("../../../../guest-sdk/src/acl.rs")),
    ("sdk/src/context.rs", include_str!("../../../../guest-sdk/src/context.rs")),
    ("sdk/src/files.rs", include_str!("../../../../guest-sdk/src/files.rs")),
    ("sdk/src/forum.rs", include_str!("../../../../guest-sdk/src/forum.rs")),
    ("sdk/src/lib.rs", include_str!("../../../../guest-sdk/src/lib.rs")),
    ("sdk/src/test.rs", include_str!("../../../../guest-sdk/src/test.rs")),
    ("sdk/src/test/acl.rs", include_str!("../../../../guest-sdk/src/test/acl.rs")),
    ("sdk/src/test/context.rs", include_str!("../../../../guest-sdk/src/test/context.rs")),
    ("sdk/src/test/files.rs", include_str!("../../../../guest-sdk/src/test/files.rs")),
    ("sdk/src/test/forum.rs", include_str!("../../../../guest-sdk/src/test/forum.rs")),
    ("sdk/src/test/names.rs", include_str!("../../../../guest-sdk/src/test/names.rs")),
    ("sdk/src/test/state.rs", include_str!("../../../../guest-sdk/src/test/state.rs")),
    ("wit/acl.wit", include_str!("../../../../wit/acl.wit")),
    ("wit/context.wit", include_str!("../../../../wit/context.wit")),
    ("wit/files.wit", include_str!("../../../../wit/files.wit")),
    ("wit/forum.wit", include_str!("../../../../wit/forum.wit")),
    ("wit/types.wit", include_str!("../../../../wit/types.wit")),
    ("wit/world.wit", include_str!("../../../../wit/world.wit")),
];
