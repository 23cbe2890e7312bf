//! Puts the parts together: the author's module, and within it, for wasm alone, the bindings that export it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, FnArg, Ident, Item, ItemMod};

use crate::convert::{self, Way};
use crate::model::{Function, Tool};
use crate::name::{Name, snake};
use crate::needs::Needs;
use crate::{documentation, parse, section, wit};

/// The module, and what makes it a tool or the reasons why it is none.
pub fn expand(declaration: TokenStream, module: TokenStream) -> TokenStream {
    let mut module: ItemMod = match syn::parse2(module) {
        Ok(module) => module,
        Err(_) => {
            let problem = "this attribute stands before a module with a body: `pub mod answer { … }`";
            return Error::new(Span::call_site(), problem).into_compile_error();
        }
    };
    let made = parse::tool(&module).and_then(|tool| bindings(&tool, declaration));
    strip_parameters(&mut module);
    match made {
        Ok(bindings) => {
            if let Some((_, items)) = &mut module.content {
                items.push(Item::Verbatim(bindings));
            }
            module.into_token_stream()
        }
        Err(problem) => {
            let problem = problem.into_compile_error();
            quote!(#module #problem)
        }
    }
}

fn strip_parameters(module: &mut ItemMod) {
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        if let Item::Fn(function) = item {
            for input in &mut function.sig.inputs {
                if let FnArg::Typed(typed) = input {
                    documentation::take_out(&mut typed.attrs);
                }
            }
        }
    }
}

fn bindings(tool: &Tool, declaration: TokenStream) -> syn::Result<TokenStream> {
    let needs = syn::parse2::<Needs>(declaration)?.toml();
    let (package, version) = package()?;
    let text = wit::text(tool, &package, &version);
    let section = section::section(tool, needs.as_deref())?;
    let host_types = wit::host_types();
    let with = tool.speaks_of_refusals().then(|| quote!(with: { #host_types: ::tollgate_sdk::generated },));
    let (package, interface) = (snake(&package), tool.name.snake());
    let functions = tool.functions.iter().map(|function| exported(tool, function));
    let conversions = convert::functions(tool);
    Ok(quote! {
        // Such a macro stands at the root of its crate, so the compiler refuses a second one; a linker would in riddles.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! a_crate_holds_one_tool {
            () => {};
        }

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "generated code speaks to the host in raw memory")]
        mod tollgate_tool {
            ::tollgate_sdk::generated::wit_bindgen::generate!({
                inline: #text,
                path: [],
                world: "tool",
                #with
                runtime_path: "::tollgate_sdk::generated::wit_bindgen::rt",
            });
            use exports::tool::#package::#interface as wit;

            struct Tool;

            impl wit::Guest for Tool {
                #(#functions)*
            }

            #conversions

            #section

            export!(Tool);
        }
    })
}

/// The crate's name and version: they name the component's package.
fn package() -> syn::Result<(String, String)> {
    let asked = |name: &str| {
        #[expect(clippy::disallowed_methods, reason = "cargo tells a macro about the crate only in this way")]
        std::env::var(name).map_err(|_| Error::new(Span::call_site(), format!("cargo did not set {name}: build with cargo")))
    };
    let (name, version) = (asked("CARGO_PKG_NAME")?, asked("CARGO_PKG_VERSION")?);
    let name = Name::spelled(&Ident::new("package", Span::call_site()), &name)?;
    Ok((name.wit, version))
}

fn exported(tool: &Tool, function: &Function) -> TokenStream {
    let (name, called) = (function.name.snake(), &function.name.rust);
    let names: Vec<_> = function.params.iter().map(|param| param.name.snake()).collect();
    let types = function.params.iter().map(|param| convert::generated(tool, &param.shape));
    let arguments = function.params.iter().zip(&names).map(|(param, name)| {
        let moved = convert::value(&param.shape, quote!(#name), Way::In);
        if param.borrowed { quote!(&#moved) } else { moved }
    });
    let returns = convert::generated(tool, &function.returns);
    let returned = convert::value(&function.returns, quote!(super::#called(#(#arguments),*)), Way::Out);
    quote! {
        fn #name(#(#names: #types),*) -> #returns {
            #returned
        }
    }
}
