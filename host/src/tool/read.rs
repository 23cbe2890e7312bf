//! Reads a component's outside: validated section by section, with its nesting bounded before the parser meets it.

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, ValidPayload, Validator};

use super::section::Sections;
use super::{BadComponent, Import, Origin, Surface, Uncallable, fit, origin, shaping};

/// The largest component, in bytes.
const LARGEST: usize = 16 << 20;
/// Modules and components within each other.
const COMPONENTS: usize = 32;
/// Component and instance types within each other.
const TYPES: usize = 64;
/// Exported functions; each may carry two schemas of 64 KiB.
const EXPORTED: usize = 128;
/// Names in what is imported, those of types too.
const IMPORTED: usize = 4096;

const REBUILD: &str = "build it anew with a current toolchain (`--target wasm32-wasip2`)";

/// What the outermost component names.
struct Outside<'a> {
    imports: Vec<String>,
    exports: Vec<String>,
    sections: Sections<'a>,
    types: Types,
}

/// Reads the surface of a component.
pub(super) fn surface(bytes: &[u8]) -> Result<Surface, BadComponent> {
    if bytes.len() > LARGEST {
        let message = format!("it is {} bytes large; a component may be {LARGEST} bytes", bytes.len());
        return Err(BadComponent::new(message, "build it for size, and strip it"));
    }
    if Parser::is_core_wasm(bytes) {
        let help = "build it with `--target wasm32-wasip2`, or make it one with `wasm-tools component new`";
        return Err(BadComponent::new("it is a core WebAssembly module and not a component", help));
    }
    if !Parser::is_component(bytes) {
        return Err(BadComponent::new("it is not a WebAssembly component", REBUILD));
    }
    let outside = outside(bytes)?;
    let types = outside.types.as_ref();
    let mut surface = Surface { imports: imports(types, &outside.imports)?, ..Surface::default() };
    exports(types, &outside.exports, &mut surface)?;
    collisions(&mut surface);
    fit::describe(&mut surface, outside.sections.text());
    Ok(surface)
}

fn invalid(error: impl std::fmt::Display) -> BadComponent {
    // The parser's message may quote the file.
    let why: String = error.to_string().chars().take(200).flat_map(char::escape_debug).collect();
    BadComponent::new(format!("it is not a valid component: {why}"), REBUILD)
}

fn outside(bytes: &[u8]) -> Result<Outside<'_>, BadComponent> {
    let mut validator = Validator::new();
    let (mut depth, mut imports, mut exports, mut sections) = (0, Vec::new(), Vec::new(), Sections::default());
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        shallow(&payload, bytes, depth)?;
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Parser(_) => depth += 1,
            ValidPayload::End(types) if depth == 0 => return Ok(Outside { imports, exports, sections, types }),
            ValidPayload::End(_) => depth -= 1,
            ValidPayload::Ok | ValidPayload::Func(..) => {}
        }
        sections.see(&payload, depth);
        match payload {
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(invalid)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Err(invalid("it ends too early"))
}

/// Refuses what would make the parser climb too deep: it reads types within types by calling itself.
fn shallow(payload: &Payload<'_>, bytes: &[u8], depth: usize) -> Result<(), BadComponent> {
    let too_deep = |what: &str| Err(BadComponent::new(format!("{what} more than is read here"), REBUILD));
    match payload {
        Payload::ModuleSection { .. } | Payload::ComponentSection { .. } if depth >= COMPONENTS => {
            too_deep("it holds components within components,")
        }
        Payload::ComponentTypeSection(section) => {
            // A type within a type is declared by the byte 1 and opened by 0x41 or 0x42: no type can be deeper than
            // there are such pairs. Names of one letter look alike, so this counts a few too many.
            let section = bytes.get(section.range()).unwrap_or(bytes);
            let opened = section.windows(2).filter(|pair| matches!(pair, [0x01, 0x41 | 0x42])).count();
            if opened > TYPES { too_deep("it declares types within types,") } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

fn imports(types: TypesRef<'_>, names: &[String]) -> Result<Vec<Import>, BadComponent> {
    let mut left = IMPORTED;
    let mut imports = Vec::new();
    for name in names {
        let item = types.component_item_for_import(name).ok_or_else(|| invalid("an import without a type"))?;
        let name = outer_name(name)?;
        let import = match item.ty {
            ComponentEntityType::Instance(instance) => {
                let functions = functions(types, instance, &mut left)?;
                Import { origin: origin::of(&name), interface: name, functions }
            }
            // A name for a type that an interface declares; it asks for nothing.
            ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(_), .. } => continue,
            ComponentEntityType::Func(_)
            | ComponentEntityType::Type { .. }
            | ComponentEntityType::Module(_)
            | ComponentEntityType::Component(_)
            | ComponentEntityType::Value(_) => Import { interface: name, functions: vec![], origin: Origin::Unknown },
        };
        imports.push(import);
        if imports.len() > IMPORTED {
            return Err(too_many("imports", IMPORTED));
        }
    }
    Ok(imports)
}

fn functions(types: TypesRef<'_>, instance: ComponentInstanceTypeId, left: &mut usize) -> Result<Vec<String>, BadComponent> {
    let mut functions = Vec::new();
    for (name, item) in &types[instance].exports {
        // Types count too: an instance may name a million of them, and be imported again and again.
        *left = left.checked_sub(1).ok_or_else(|| too_many("imports", IMPORTED))?;
        if matches!(item.ty, ComponentEntityType::Func(_)) {
            functions.push(outer_name(name)?);
        }
    }
    Ok(functions)
}

fn too_many(verb: &str, allowed: usize) -> BadComponent {
    BadComponent::new(format!("it {verb} more than {allowed} names"), "make several tools of it")
}

fn exports(types: TypesRef<'_>, names: &[String], surface: &mut Surface) -> Result<(), BadComponent> {
    for name in names {
        let item = types.component_item_for_export(name).ok_or_else(|| invalid("an export without a type"))?;
        let name = outer_name(name)?;
        match item.ty {
            ComponentEntityType::Instance(instance) => offered(types, &name, instance, surface)?,
            // At the root it takes the bare core name, and `exit`, `abort` or `read` would replace libc's inside.
            ComponentEntityType::Func(_) if surface.problems.len() < EXPORTED => {
                surface
                    .problems
                    .push(format!("it exports the function `{name}` at its root instead of through an interface"));
            }
            ComponentEntityType::Func(_) => return Err(too_many("exports", EXPORTED)),
            ComponentEntityType::Type { .. }
            | ComponentEntityType::Module(_)
            | ComponentEntityType::Component(_)
            | ComponentEntityType::Value(_) => {}
        }
    }
    Ok(())
}

fn offered(
    types: TypesRef<'_>,
    interface: &str,
    instance: ComponentInstanceTypeId,
    surface: &mut Surface,
) -> Result<(), BadComponent> {
    for (name, item) in &types[instance].exports {
        let ComponentEntityType::Func(id) = item.ty else { continue };
        if surface.functions.len() + surface.uncallable.len() >= EXPORTED {
            return Err(too_many("exports", EXPORTED));
        }
        let name = outer_name(name)?;
        let function = match label(&name) {
            Ok(()) => shaping::function(types, interface, &name, &types[id]),
            Err(_) if name.starts_with('[') => Err("it belongs to a resource".to_owned()),
            Err(why) => return Err(outside_grammar(&name, why)),
        };
        match function {
            Ok(function) => surface.functions.push(function),
            Err(reason) => surface.uncallable.push(Uncallable { name, interface: interface.to_owned(), reason }),
        }
    }
    Ok(())
}

/// Two functions that would be one name to whoever calls them.
fn collisions(surface: &mut Surface) {
    let mut seen = std::collections::BTreeMap::new();
    for function in &surface.functions {
        let interface = function.interface.as_deref().unwrap_or_default();
        if let Some(other) = seen.insert(function.name.to_lowercase(), interface) {
            surface.problems.push(format!("it exports `{}` twice: through `{other}` and `{interface}`", function.name));
        }
    }
}

/// A label of WIT: what a function, a field or a case may be called. The reason fits after "which ".
pub(super) fn label(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 64 {
        return Err("is not 1 to 64 characters long");
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { Ok(()) } else { Err("holds something beside letters, digits and `-`") }
}

/// A name of an import or export: labels and what joins them.
fn outer_name(name: &str) -> Result<String, BadComponent> {
    if name.is_empty() || name.len() > 256 {
        return Err(outside_grammar(name, "is not 1 to 256 characters long"));
    }
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:/@.+[]".contains(&byte)) {
        true => Ok(name.to_owned()),
        false => Err(outside_grammar(name, "is not a name of WIT")),
    }
}

fn outside_grammar(name: &str, why: &str) -> BadComponent {
    BadComponent::new(format!("it uses the name {}, which {why}", super::shape::shown(name)), REBUILD)
}
