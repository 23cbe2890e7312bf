//! Components made of bytes: too deep, too long or too broken to be written as text.

/// The preamble of a component.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";
/// The preamble of a core module.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The bytes of a component's text.
pub(crate) fn assembled(text: &str) -> Result<Vec<u8>, String> {
    wat::parse_str(text).map_err(|e| e.to_string())
}

/// An ordinary tool; what is made here is added to it or cut off it.
fn ordinary() -> Vec<u8> {
    assembled(include_str!("../wat/ordinary.wat")).expect("the ordinary component is one")
}

/// An unsigned LEB128.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push((value % 128) as u8 | 128);
        value /= 128;
    }
    bytes.push(value as u8);
    bytes
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id], leb(body.len()).as_slice(), body].concat()
}

/// A component that holds, beside an ordinary tool, a core module with one function of this body.
fn with_function(body: &[u8]) -> Vec<u8> {
    let code = [&[1], leb(body.len()).as_slice(), body].concat();
    let types = section(1, &[1, 0x60, 1, 0x7e, 1, 0x7e]); // i64 -> i64
    let module = [MODULE, &types, &section(3, &[1, 0]), &section(10, &code)].concat();
    [ordinary(), section(1, &module)].concat()
}

/// A shell script.
pub(crate) fn script() -> Vec<u8> {
    b"#!/bin/sh\nexec cat /etc/passwd\n".to_vec()
}

/// A core module, which would have been a component.
pub(crate) fn module() -> Vec<u8> {
    MODULE.to_vec()
}

/// The first half of a component.
pub(crate) fn half() -> Vec<u8> {
    let mut bytes = ordinary();
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// Components within components, a thousand deep.
pub(crate) fn components() -> Vec<u8> {
    (0..1000).fold(PREAMBLE.to_vec(), |inner, _| [PREAMBLE, &section(4, &inner)].concat())
}

/// Types within types, a thousand deep: each is an instance type with one declaration.
pub(crate) fn types() -> Vec<u8> {
    let body = [vec![1], [0x42, 1, 1].repeat(1000), vec![0x42, 0]].concat();
    [ordinary(), section(7, &body)].concat()
}

/// Blocks within blocks, a thousand deep, in a function.
pub(crate) fn blocks() -> Vec<u8> {
    with_function(&[&[0], [2, 0x40].repeat(1000).as_slice(), &[0x0b].repeat(1000), &[0x20, 0, 0x0b]].concat())
}

/// One function of more than a million steps, each of which needs the one before: 7 MB that take gigabytes to compile.
pub(crate) fn endless_function() -> Vec<u8> {
    let step = [0x20, 0, 0x7e, 0x42, 3, 0x7c]; // times the argument, plus three
    with_function(&[&[0, 0x20, 0], step.repeat(1_200_000).as_slice(), &[0x0b]].concat())
}

/// More instances than a tool may have.
pub(crate) fn instances() -> Vec<u8> {
    let empty = section(1, MODULE);
    let again = [vec![100], [0, 1, 0].repeat(100)].concat(); // a hundred times: instantiate module 1 with nothing
    [ordinary(), empty, section(2, &again)].concat()
}
