//! Shows an item as it arrives at an attribute.

use proc_macro::{TokenStream, TokenTree};

/// Puts in place of the item a constant of the given name with the item's tokens: how each is
/// written, and which follow one another without a gap.
#[proc_macro_attribute]
pub fn capture(name: TokenStream, item: TokenStream) -> TokenStream {
    let mut tokens = String::new();
    write(item, &mut tokens);
    format!("const {name}: &str = {tokens:?};")
        .parse()
        .expect("a constant is an item")
}

fn write(stream: TokenStream, tokens: &mut String) {
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                tokens.push_str(&format!("{:?}(", group.delimiter()));
                write(group.stream(), tokens);
                tokens.push_str(") ");
            }
            TokenTree::Punct(punct) => tokens.push_str(&format!("{punct}{:?} ", punct.spacing())),
            other => tokens.push_str(&format!("{other} ")),
        }
    }
}
