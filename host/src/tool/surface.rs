//! What a component imports and exports, read out of its bytes without compiling them.

use std::fmt;

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};
use wit_component::DecodedWasm;
use wit_parser::{InterfaceId, Resolve, WorldItem, WorldKey};

use super::shape::{Field, Reader, Shape};

/// The largest component, in bytes.
const LARGEST: usize = 16 << 20;

/// How deep components and modules may stand inside each other.
const DEPTH: usize = 16;

/// A component that is none, or that this host does not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadComponent {
    /// Why.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl BadComponent {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for BadComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whose an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Ours: a manifest may grant it.
    Tollgate,
    /// WASI: linked, and gives nothing.
    Wasi,
    /// Not known here: a tool that has one does not load.
    Unknown,
}

/// An interface, or a function of the world itself, that a component imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// With its version: `tollgate:host/files@0.1.0`.
    pub interface: String,
    /// The functions it uses of it.
    pub functions: Vec<String>,
    /// Whose it is.
    pub origin: Origin,
}

/// A function that can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, as in WIT.
    pub name: String,
    /// The interface that exports it, with its version.
    pub interface: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Field>,
    /// What it returns.
    pub result: Option<Shape>,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> = self.parameters.iter().map(ToString::to_string).collect();
        write!(f, "{}({})", self.name, parameters.join(", "))?;
        self.result.iter().try_for_each(|result| write!(f, " -> {result}"))
    }
}

/// What a component says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    /// What it wants.
    pub imports: Vec<Import>,
    /// What it offers.
    pub functions: Vec<Function>,
    /// What it exports and nobody can call: the name, and why.
    pub uncallable: Vec<(String, String)>,
}

impl Surface {
    /// Reads a component.
    ///
    /// # Errors
    /// When the bytes are no valid component, are too large, or nest too deep.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadComponent> {
        bounded(bytes)?;
        let decoded = wit_component::decode(bytes).map_err(|e| {
            BadComponent::new(
                format!("its types cannot be read: {}", printable(&format!("{e:#}"))),
                "build it anew with current tools",
            )
        })?;
        match decoded {
            DecodedWasm::Component(resolve, world) => Ok(read(&resolve, world)),
            DecodedWasm::WitPackage(..) => {
                Err(BadComponent::new("it holds types and no code", "build the tool, not its WIT"))
            }
        }
    }

    /// Whether this host would load it.
    ///
    /// # Errors
    /// Names everything that stands against it.
    pub fn loads(&self) -> Result<(), BadComponent> {
        let unknown: Vec<&str> =
            self.imports.iter().filter(|it| it.origin == Origin::Unknown).map(|it| it.interface.as_str()).collect();
        if !unknown.is_empty() {
            let message = format!("it imports what this host does not know: {}", unknown.join(", "));
            return Err(BadComponent::new(message, "build it without these, or for a host that has them"));
        }
        if let Some((name, why)) = self.uncallable.iter().find(|(_, why)| why.starts_with(WORLD)) {
            return Err(BadComponent::new(
                format!("it exports `{name}`, and {why}"),
                "export it from an interface of the world",
            ));
        }
        if self.functions.is_empty() {
            return Err(BadComponent::new(
                "it exports no function that can be called",
                "export an interface with functions over values",
            ));
        }
        Ok(())
    }

    /// A function by its name, or the only one.
    ///
    /// # Errors
    /// Says which there are.
    pub fn find(&self, name: Option<&str>) -> Result<&Function, String> {
        let all = || self.functions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
        match (name, self.functions.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(format!("say which function, as TOOL.FUNCTION: there are {}", all())),
            (Some(name), functions) => {
                let wanted = name.replace('_', "-");
                functions.iter().find(|it| it.name == wanted).ok_or_else(|| {
                    let near = functions.iter().max_by(|a, b| {
                        strsim::jaro_winkler(&a.name, &wanted).total_cmp(&strsim::jaro_winkler(&b.name, &wanted))
                    });
                    let near = near.filter(|it| strsim::jaro_winkler(&it.name, &wanted) > 0.8);
                    let hint = near.map(|it| format!("; did you mean `{}`?", it.name)).unwrap_or_default();
                    format!("it has no function `{}`{hint} There are {}", printable(name), all())
                })
            }
        }
    }
}

/// How the reason against a function of the world itself begins.
const WORLD: &str = "functions of the world itself";

/// A text of the component or its tools, without what acts on a terminal.
fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Size, nesting and validity, in this order, so that nothing hostile reaches a recursive reader.
fn bounded(bytes: &[u8]) -> Result<(), BadComponent> {
    let rebuild = "build it for wasm32-wasip2";
    if bytes.len() > LARGEST {
        return Err(BadComponent::new("it is larger than 16 MiB", "build it smaller: opt-level = \"s\" and strip help"));
    }
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|e| {
            BadComponent::new(format!("it is no WebAssembly component: {}", printable(e.message())), rebuild)
        })?;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(BadComponent::new("it is a core module and no component", rebuild));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Err(BadComponent::new(format!("its modules stand inside each other more than {DEPTH} deep"), rebuild));
        }
    }
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(bytes)
        .map(drop)
        .map_err(|e| BadComponent::new(format!("it is no valid component: {}", printable(e.message())), rebuild))
}

fn read(resolve: &Resolve, world: wit_parser::WorldId) -> Surface {
    let world = &resolve.worlds[world];
    let mut surface = Surface { imports: Vec::new(), functions: Vec::new(), uncallable: Vec::new() };
    for (key, item) in &world.imports {
        let (interface, functions) = match item {
            WorldItem::Interface { id, .. } => {
                (name_of(resolve, key), resolve.interfaces[*id].functions.keys().cloned().collect())
            }
            WorldItem::Function(function) => (function.name.clone(), vec![function.name.clone()]),
            WorldItem::Type { .. } => continue,
        };
        let origin = origin(&interface, matches!(item, WorldItem::Interface { .. }));
        surface.imports.push(Import { interface, functions, origin });
    }
    for (key, item) in &world.exports {
        match item {
            WorldItem::Interface { id, .. } => offer(resolve, &name_of(resolve, key), *id, &mut surface),
            WorldItem::Function(function) => {
                let why =
                    format!("{WORLD} can replace a function of its own library; WebAssembly has one space of names there");
                surface.uncallable.push((function.name.clone(), why));
            }
            WorldItem::Type { .. } => {}
        }
    }
    surface
}

fn name_of(resolve: &Resolve, key: &WorldKey) -> String {
    match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => resolve.id_of(*id).unwrap_or_else(|| resolve.name_world_key(key)),
    }
}

/// The interfaces of WASI 0.2 that are linked.
const WASI: &[&str] = &["wasi:cli/", "wasi:io/", "wasi:clocks/", "wasi:random/", "wasi:filesystem/", "wasi:sockets/"];

/// Ours.
const OURS: &[&str] = &["types", "context", "files", "forum", "acl"];

fn origin(interface: &str, is_interface: bool) -> Origin {
    let (path, version) = interface.split_once('@').unwrap_or((interface, ""));
    let ours = path.strip_prefix("tollgate:host/").is_some_and(|name| OURS.contains(&name));
    if !is_interface {
        Origin::Unknown
    } else if ours && version.starts_with("0.1.") {
        Origin::Tollgate
    } else if WASI.iter().any(|prefix| path.starts_with(prefix)) && version.starts_with("0.2.") {
        Origin::Wasi
    } else {
        Origin::Unknown
    }
}

fn offer(resolve: &Resolve, interface: &str, id: InterfaceId, surface: &mut Surface) {
    for (name, function) in &resolve.interfaces[id].functions {
        let twice = surface.functions.iter().any(|it| it.name == *name);
        match read_function(resolve, interface, function) {
            Ok(_) if twice => {
                surface.uncallable.push((name.clone(), "another interface exports a function of this name".to_owned()));
            }
            Ok(function) => surface.functions.push(function),
            Err(why) => surface.uncallable.push((name.clone(), why)),
        }
    }
}

fn read_function(resolve: &Resolve, interface: &str, function: &wit_parser::Function) -> Result<Function, String> {
    if !matches!(function.kind, wit_parser::FunctionKind::Freestanding) {
        return Err("it belongs to a resource, or is asynchronous".to_owned());
    }
    let mut reader = Reader::new(resolve);
    let read = |it: &wit_parser::Param| Ok(Field { name: it.name.clone(), shape: reader.read(&it.ty, 0)? });
    let parameters = function.params.iter().map(read).collect::<Result<Vec<_>, String>>()?;
    let result = function.result.as_ref().map(|ty| reader.read(ty, 0)).transpose()?;
    Ok(Function { name: function.name.clone(), interface: Some(interface.to_owned()), parameters, result })
}
