//! What is parsed of a function makes no difference to what becomes of it.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Item, ItemFn};

use super::Printer;
use crate::args::Args;
use crate::function::Plain;
use crate::{check, expand};

/// Expands the functions of this repository twice, taken apart by their tokens and parsed as a whole.
#[test]
fn a_whole_function_or_what_is_needed_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = Functions::default();
    for file in sources(root.parent().unwrap_or(root)) {
        let text = fs::read_to_string(&file).expect("a source file");
        if let Ok(parsed) = syn::parse_file(&text) {
            functions.visit_file(&parsed);
        }
    }
    assert!(
        functions.compared > 1000,
        "{} functions",
        functions.compared
    );
}

/// The packages' own sources and tests, where there are any.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [
        "profile-runtime",
        "profile-trace",
        "profile-cli",
        "profile-macro",
        "tests/language",
        "src",
        "examples",
    ]
    .map(|name| root.join(name))
    .into();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

#[derive(Default)]
struct Functions {
    compared: usize,
}

impl Functions {
    fn compare(&mut self, item: TokenStream) {
        let args = Args::parse(TokenStream::new(), &mut Vec::new());
        let Ok(mut whole) = syn::parse2::<ItemFn>(item.clone()) else {
            return;
        };
        let row = whole.sig.fn_token.span();
        let Some(mut function) = Plain::split(item) else {
            return;
        };
        if check::function(&whole.sig, &whole.attrs).is_some() {
            return;
        }
        self.compared += 1;
        let stmts = expand::plain(&mut function, row, &args);
        expand::function(&mut whole.sig, &mut whole.block, row, &args);
        assert_eq!(
            print(function.into_tokens(&stmts)),
            print(whole.into_token_stream())
        );
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Fn(function) = item {
            self.compare(function.to_token_stream());
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        self.compare(method.to_token_stream());
        visit::visit_impl_item_fn(self, method);
    }
}

fn print(tokens: TokenStream) -> String {
    let mut printer = Printer {
        sites: true,
        ..Printer::default()
    };
    printer.print(tokens);
    printer.end_line();
    printer.out
}
