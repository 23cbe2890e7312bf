//! Components written byte by byte: an instance is imported and exported again under another name.

/// The preamble of a component.
pub const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// An unsigned LEB128.
pub fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push((value % 128) as u8 | 128);
        value /= 128;
    }
    bytes.push(value as u8);
    bytes
}

/// A section with its size.
pub fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id], leb(body.len()).as_slice(), body].concat()
}

/// A name with its length.
pub fn text(text: &str) -> Vec<u8> {
    [leb(text.len()).as_slice(), text.as_bytes()].concat()
}

fn custom(name: &str, data: &[u8]) -> Vec<u8> {
    section(0, &[text(name).as_slice(), data].concat())
}

/// The name of an import or export.
pub fn outer(name: &str) -> Vec<u8> {
    [vec![0], text(name)].concat()
}

/// Bytes of a function type: parameters by the byte or index of their type, and the result's.
pub fn func(params: &[(&str, u8)], result: Option<u8>) -> Vec<u8> {
    let mut bytes = vec![0x40];
    bytes.extend(leb(params.len()));
    params.iter().for_each(|(name, of)| bytes.extend([text(name), vec![*of]].concat()));
    match result {
        Some(of) => bytes.extend([0, of]),
        None => bytes.extend([1, 0]),
    }
    bytes
}

/// A component under construction.
#[derive(Default)]
pub struct Component {
    sections: Vec<u8>,
    types: u8,
    instances: u8,
    functions: u8,
}

impl Component {
    /// Imports an instance of `types` (each the bytes of a type), whose `functions` name one of them.
    pub fn import(self, name: &str, types: &[Vec<u8>], functions: &[(&str, u8)]) -> Self {
        let types = types.iter().map(|of| [vec![1], of.clone()].concat());
        let functions = functions.iter().map(|(name, of)| [vec![4], outer(name), vec![1, *of]].concat());
        self.declared(name, &types.chain(functions).collect::<Vec<_>>())
    }

    /// Imports an instance of these declarations, each as its bytes.
    pub fn declared(mut self, name: &str, declarations: &[Vec<u8>]) -> Self {
        let body = [vec![1, 0x42], leb(declarations.len()), declarations.concat()].concat();
        self.sections.extend(section(7, &body));
        self.sections.extend(section(10, &[vec![1], outer(name), vec![5, self.types]].concat()));
        (self.types, self.instances) = (self.types + 1, self.instances + 1);
        self
    }

    /// Exports the instance imported last.
    pub fn export(mut self, name: &str) -> Self {
        self.sections.extend(section(11, &[vec![1], outer(name), vec![5, self.instances - 1, 0]].concat()));
        self.instances += 1;
        self
    }

    /// Imports a function at the root, and exports it as `exported`.
    pub fn root(mut self, imported: &str, exported: Option<&str>) -> Self {
        self.sections.extend(section(7, &[vec![1], func(&[], None)].concat()));
        self.sections.extend(section(10, &[vec![1], outer(imported), vec![1, self.types]].concat()));
        if let Some(exported) = exported {
            self.sections.extend(section(11, &[vec![1], outer(exported), vec![1, self.functions, 0]].concat()));
        }
        (self.types, self.functions) = (self.types + 1, self.functions + 1 + u8::from(exported.is_some()));
        self
    }

    /// A custom section of the component itself.
    pub fn custom(mut self, name: &str, data: &[u8]) -> Self {
        self.sections.extend(custom(name, data));
        self
    }

    /// An empty core module with these custom sections.
    pub fn module(mut self, customs: &[(&str, &[u8])]) -> Self {
        let customs: Vec<u8> = customs.iter().flat_map(|(name, data)| custom(name, data)).collect();
        self.sections.extend(section(1, &[b"\0asm\x01\0\0\0", customs.as_slice()].concat()));
        self
    }

    /// A component within.
    pub fn within(mut self, inner: Self) -> Self {
        self.sections.extend(section(4, &inner.bytes()));
        self
    }

    /// The finished bytes.
    pub fn bytes(self) -> Vec<u8> {
        [PREAMBLE, &self.sections].concat()
    }
}
