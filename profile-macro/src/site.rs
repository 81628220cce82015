//! The `static` that describes a profiled function: its file, its lines, its source text.

use std::fs;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::args::Args;

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
            source(row, first, last).unwrap_or_default()
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

    /// The site as a `static` item.
    pub(crate) fn to_static(&self, args: &Args) -> TokenStream {
        let memline = args.runtime();
        let site = quote_spanned!(Span::mixed_site()=> __MEMLINE_SITE);
        let name = match &args.name {
            Some((_, name)) => quote_spanned!(Span::mixed_site()=> #memline::Name::Given(#name)),
            None => quote_spanned! {Span::mixed_site()=>
                // The path of an item declared here holds the path of the function around it.
                #memline::Name::Of(|| { fn here() {} #memline::Site::path(&here) })
            },
        };
        let Self { file, source, .. } = self;
        let first = Literal::u32_unsuffixed(self.first);
        let lines = self
            .slots
            .iter()
            .map(|&line| Literal::u32_unsuffixed(line).into_token_stream());
        quote_spanned! {Span::mixed_site()=>
            static #site: #memline::Site = #memline::Site::new(&#memline::Place {
                module: ::core::module_path!(),
                name: #name,
                file: #file,
                first_line: #first,
                source: #source,
                lines: &[#(#lines),*],
            });
        }
    }
}

/// A line number as spans give it: 0 where nothing is known.
fn line(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(0)
}

/// The text of lines `first..=last` of the file in which `span` stands.
fn source(span: Span, first: u32, last: u32) -> Option<String> {
    let text = fs::read_to_string(span.local_file()?).ok()?;
    let wanted = usize::try_from(last - first).ok()? + 1;
    let lines: Vec<&str> = text
        .lines()
        .skip(usize::try_from(first).ok()? - 1)
        .take(wanted)
        .collect();
    (lines.len() == wanted).then(|| lines.join("\n"))
}
