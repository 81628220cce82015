//! The `static` that describes a profiled function: its file, its lines, its source text.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use crate::args::Args;
use crate::source;

/// A function's place in its file, and the lines that have a slot so far.
pub(crate) struct Site {
    file: String,
    first: u32,
    last: u32,
    source: String,
    /// Line of each slot; slot 0 is the row of the calls.
    slots: Vec<u32>,
}

impl Site {
    /// What happens outside of all lines has a slot, too, which reports leave out.
    pub(crate) const NO_LINE: u32 = u32::MAX;

    /// Describes the function whose table begins at the line of `row` and ends at the line of `brace`.
    ///
    /// Where a macro put the function together from several places, spans may stand in two files or run
    /// backwards: then there is no source text, and lines out of range are charged to the statement around.
    pub(crate) fn new(row: Span, signature: Span, brace: Span) -> Self {
        let file = row.file();
        let [first, inner] = [row, signature].map(|span| line(span.start().line));
        let last = line(brace.end().line);
        let whole = first > 0
            && first <= inner
            && inner <= last
            && [signature, brace].iter().all(|span| span.file() == file);
        let source = if whole {
            row.local_file()
                .and_then(|path| source::lines(&path, first, last))
                .unwrap_or_default()
        } else {
            String::new()
        };
        Self {
            file,
            first,
            last: if whole { last } else { first.max(inner) },
            source,
            slots: vec![first],
        }
    }

    /// The first row's line.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Line of a span; `around`, the line of what encloses it, where it stands outside of the function.
    pub(crate) fn line_of(&self, span: Span, around: u32) -> u32 {
        self.within(span, span.start().line, around)
    }

    /// Line of a closing brace.
    ///
    /// NOTE: After another macro printed the tokens anew, the span is that of the whole block; so it is the
    /// span's end that stands on the brace's line.
    pub(crate) fn line_of_brace(&self, brace: Span, around: u32) -> u32 {
        self.within(brace, brace.end().line, around)
    }

    fn within(&self, span: Span, at: usize, around: u32) -> u32 {
        let at = line(at);
        let inside = (self.first..=self.last).contains(&at) && span.file() == self.file;
        if inside { at } else { around }
    }

    /// The slot of a line, given out in the order of asking.
    pub(crate) fn slot(&mut self, line: u32) -> Literal {
        let slot = self
            .slots
            .iter()
            .rposition(|&known| known == line)
            .unwrap_or_else(|| {
                self.slots.push(line);
                self.slots.len() - 1
            });
        Literal::usize_unsuffixed(slot)
    }

    /// Number of the slots given out so far.
    pub(crate) fn slots(&self) -> Literal {
        Literal::usize_unsuffixed(self.slots.len())
    }

    /// The site as items, and the arguments that its first call tells it.
    ///
    /// ```text
    /// enum __MemlineHere {}  // its path holds the path of the function around it; of a test, __MemlineTest
    /// static __MEMLINE_SITE: …::Site = …::NEW_SITE;
    ///
    /// &__MEMLINE_SITE, ::core::any::type_name::<__MemlineHere>, "1,3\0src/lib.rs\0…"
    /// ```
    pub(crate) fn to_tokens(&self, args: &Args) -> (TokenStream, TokenStream) {
        let memline = args.runtime();
        let place = self.place();
        match &args.name {
            Some((_, name)) => (
                quote_spanned! {Span::mixed_site()=>
                    static __MEMLINE_SITE: #memline::Site = #memline::NEW_SITE;
                },
                quote_spanned!(Span::mixed_site()=> &__MEMLINE_SITE, || #name, #place),
            ),
            None => {
                let here = Ident::new(
                    if args.is_test {
                        "__MemlineTest"
                    } else {
                        "__MemlineHere"
                    },
                    Span::mixed_site(),
                );
                (
                    quote_spanned! {Span::mixed_site()=>
                        enum #here {}
                        static __MEMLINE_SITE: #memline::Site = #memline::NEW_SITE;
                    },
                    quote_spanned! {Span::mixed_site()=>
                        &__MEMLINE_SITE, ::core::any::type_name::<#here>, #place
                    },
                )
            }
        }
    }

    /// The line of each slot, the file and the source, as the runtime's `Site` takes them apart.
    fn place(&self) -> String {
        let lines: Vec<String> = self.slots.iter().map(u32::to_string).collect();
        [&lines.join(","), &self.file, &self.source]
            .map(String::as_str)
            .join("\0")
    }
}

/// A line number as spans give it: 0 where nothing is known.
fn line(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(0)
}
