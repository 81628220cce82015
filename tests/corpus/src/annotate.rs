//! Writes the attribute before every function that can carry it.

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, ForeignItemFn, ImplItemFn, ItemFn, ItemMacro, Signature, TraitItemFn};

/// What is written, on the function's own line, so that no line moves.
const ATTRIBUTE: &str = "#[::memline::profile] ";

/// A source file with its attributes.
#[derive(Debug)]
pub(crate) struct Annotated {
    /// The new text.
    pub(crate) text: String,
    /// How many functions carry the attribute.
    pub(crate) functions: usize,
}

/// Annotates the text of a source file; an error where it is no Rust file.
///
/// Functions in macros are left alone, except those in item macros called `cfg_…!`, which by
/// custom hand their items on as they are.
pub(crate) fn annotate(text: &str) -> Result<Annotated> {
    let file = syn::parse_file(text).context("not a file of items")?;
    let mut places = Places::default();
    places.visit_file(&file);
    // Offsets count from behind what `parse_file` takes off.
    let skipped = skipped(text, file.shebang.as_deref());
    places.offsets.sort_unstable();

    let mut annotated = String::with_capacity(text.len() + places.offsets.len() * ATTRIBUTE.len());
    let mut done = 0;
    for offset in &places.offsets {
        let offset = offset + skipped;
        annotated.push_str(&text[done..offset]);
        annotated.push_str(ATTRIBUTE);
        done = offset;
    }
    annotated.push_str(&text[done..]);
    Ok(Annotated {
        text: annotated,
        functions: places.offsets.len(),
    })
}

/// The bytes of a byte order mark and of a shebang line's text.
fn skipped(text: &str, shebang: Option<&str>) -> usize {
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    mark + shebang.map_or(0, str::len)
}

/// Where attributes go, as byte offsets.
#[derive(Default)]
struct Places {
    offsets: Vec<usize>,
}

impl Places {
    /// `tokens` are the function's, without its attributes.
    fn function(&mut self, sig: &Signature, attrs: &[Attribute], tokens: TokenStream) {
        let can_carry = sig.constness.is_none()
            && sig.variadic.is_none()
            && !attrs.iter().any(is_entry_point_or_naked);
        if can_carry && let Some(first) = tokens.into_iter().next() {
            self.offsets.push(first.span().byte_range().start);
        }
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let bare = ItemFn {
            attrs: Vec::new(),
            ..function.clone()
        };
        self.function(&function.sig, &function.attrs, bare.into_token_stream());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        let bare = ImplItemFn {
            attrs: Vec::new(),
            ..method.clone()
        };
        self.function(&method.sig, &method.attrs, bare.into_token_stream());
        visit::visit_impl_item_fn(self, method);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast TraitItemFn) {
        if method.default.is_some() {
            let bare = TraitItemFn {
                attrs: Vec::new(),
                ..method.clone()
            };
            self.function(&method.sig, &method.attrs, bare.into_token_stream());
        }
        visit::visit_trait_item_fn(self, method);
    }

    fn visit_foreign_item_fn(&mut self, _: &'ast ForeignItemFn) {}

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let is_cfg = item.mac.path.segments.last().is_some_and(|segment| {
            let name = segment.ident.to_string();
            name.starts_with("cfg_") && name != "cfg_if"
        });
        if is_cfg && let Ok(file) = syn::parse2::<syn::File>(item.mac.tokens.clone()) {
            self.visit_file(&file);
        }
    }
}

/// Whether the function is one of a procedural macro's, or has no statements at all.
fn is_entry_point_or_naked(attr: &Attribute) -> bool {
    const NAMES: [&str; 4] = [
        "proc_macro",
        "proc_macro_attribute",
        "proc_macro_derive",
        "naked",
    ];
    let path = attr.path();
    NAMES.iter().any(|name| path.is_ident(name))
        || path.is_ident("unsafe") && attr.to_token_stream().to_string().contains("naked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        let annotated = annotate(input).expect("the input is a file");
        let expected_text = expected.replace('@', ATTRIBUTE.trim_end());
        assert_eq!(annotated.text, expected_text);
        assert_eq!(annotated.functions, expected.matches('@').count());
        assert_eq!(annotated.text.lines().count(), input.lines().count());
    }

    #[test]
    fn before_visibility_and_qualifiers() {
        check(
            "pub(crate) unsafe fn f() {}",
            "@ pub(crate) unsafe fn f() {}",
        );
        check("extern \"C\" fn f() {}", "@ extern \"C\" fn f() {}");
        check("async fn f() {}", "@ async fn f() {}");
    }

    #[test]
    fn after_documentation_and_attributes() {
        check(
            "/// Says é.\n#[inline]\npub fn f() {\n    #![allow(dead_code)]\n}",
            "/// Says é.\n#[inline]\n@ pub fn f() {\n    #![allow(dead_code)]\n}",
        );
    }

    #[test]
    fn methods_and_defaults_and_nested() {
        check(
            "impl A { pub fn f() { fn g() {} } }\ntrait T { fn h(); fn i() {} }",
            "impl A { @ pub fn f() { @ fn g() {} } }\ntrait T { fn h(); @ fn i() {} }",
        );
    }

    #[test]
    fn what_cannot_carry_it() {
        for input in [
            "const fn f() {}",
            "unsafe extern \"C\" fn f(x: u8, ...) {}",
            "extern \"C\" { fn f(); }",
            "#[unsafe(naked)] extern \"C\" fn f() {}",
            "#[proc_macro_derive(D)] pub fn f(t: T) -> T { t }",
            "macro_rules! m { () => { fn f() {} } }",
        ] {
            check(input, input);
        }
    }

    #[test]
    fn items_of_cfg_macros() {
        check("cfg_rt! { pub fn f() {} }", "cfg_rt! { @ pub fn f() {} }");
        check("other! { pub fn f() {} }", "other! { pub fn f() {} }");
    }

    #[test]
    fn behind_a_mark_and_a_shebang() {
        check(
            "\u{feff}#!/usr/bin/env run\nfn f() {}",
            "\u{feff}#!/usr/bin/env run\n@ fn f() {}",
        );
    }
}
