//! The shape of what is generated.
//!
//! Input is parsed from text, so line numbers are those of the text, the attribute being on line 1. To keep
//! the eye on the probes, `#[allow(unreachable_code)]` is left out of the output, and so are the site and what
//! is told of it.

mod expressions;
mod functions;
mod guards;
mod parsed;
mod statements;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// Expands an item, written with its attribute, and prints it without its sites.
fn probes(item: &str) -> String {
    print(item, false, crate::item::profile)
}

/// Expands an item, written with its attribute, and prints all of it.
fn whole(item: &str) -> String {
    print(item, true, crate::item::profile)
}

/// Expands a `#[memline::test]`, written with its attribute, and prints it without its site.
fn test(item: &str) -> String {
    print(item, false, crate::memory_test::test)
}

fn print(
    item: &str,
    sites: bool,
    expand: fn(TokenStream, TokenStream, Span) -> TokenStream,
) -> String {
    let tokens: TokenStream = item.trim_start().parse().expect("tokens");
    let mut tokens = tokens.into_iter();
    let attribute: TokenStream = tokens.by_ref().take(2).collect();
    let attribute: syn::Attribute = syn::parse::Parser::parse2(
        |input: syn::parse::ParseStream<'_>| Ok(input.call(syn::Attribute::parse_outer)?.remove(0)),
        attribute,
    )
    .expect("an attribute");
    let args = match &attribute.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let mut printer = Printer {
        sites,
        ..Printer::default()
    };
    let row = attribute.pound_token.span;
    printer.print(expand(args, tokens.collect(), row));
    printer.end_line();
    printer.out
}

/// Prints tokens with a line for each statement.
#[derive(Default)]
struct Printer {
    sites: bool,
    out: String,
    line: String,
    depth: usize,
}

impl Printer {
    fn print(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "enum" && !self.sites => {
                    tokens.by_ref().nth(1);
                }
                TokenTree::Ident(ident) if ident == "static" && !self.sites => {
                    tokens.by_ref().find(|token| token.to_string() == ";");
                }
                TokenTree::Group(group) if group.stream().to_string().contains([';', '{']) => {
                    self.nested(&group);
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.nested(&group);
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => self.end_statement(),
                TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => {
                    self.line.push(punct.as_char());
                }
                token => {
                    self.line.push_str(&token.to_string());
                    self.line.push(' ');
                }
            }
        }
    }

    fn nested(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Brace => ("{", "}"),
            Delimiter::Parenthesis => ("(", ")"),
            _ => ("[", "]"),
        };
        self.line.push_str(open);
        self.end_line();
        self.depth += 1;
        self.print(group.stream());
        self.end_line();
        self.depth -= 1;
        self.line.push_str(close);
        if open == "{" {
            self.end_line();
        }
    }

    fn end_statement(&mut self) {
        // A `;` after a closing brace stays on its line.
        if self.line.is_empty() && self.out.ends_with("}\n") {
            self.out.pop();
            self.out.push_str(";\n");
        } else {
            self.line.push(';');
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let mut text = std::mem::take(&mut self.line);
        if text.is_empty() {
            return;
        }
        for (wide, narrow) in [
            ("# [allow (unreachable_code)] ", ""),
            (":: memline :: __private :: ", ""),
            ("= :: ", "= ::"),
            (" : :: ", ": ::"),
            ("=> :: ", "=> ::"),
            (" :: ", "::"),
            (":: ", "::"),
            (" . ", "."),
            (" (", "("),
            (" ,", ","),
            (" :", ":"),
            (" ;", ";"),
            (" ?", "?"),
            (" !", "!"),
            ("& ", "&"),
            ("# [", "#["),
            ("#! [", "#!["),
        ] {
            text = text.replace(wide, narrow);
        }
        if !self.sites
            && let Some((before, about)) = text.split_once(",::core::any::type_name")
            && let Some((_, after)) = about.split_once("\\0\"")
        {
            text = format!("{before}{after}");
        }
        self.out.push_str(&"    ".repeat(self.depth));
        self.out.push_str(text.trim());
        self.out.push('\n');
    }
}
