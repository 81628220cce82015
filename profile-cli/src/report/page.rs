//! HTML pages that carry all they need.

use std::io::{self, Write};

use serde::Serialize;

/// What both pages look like.
const STYLE: &str = include_str!("../../assets/page.css");

/// What a page is made of.
pub(super) struct Page<'a> {
    /// What the window is called.
    pub(super) title: &'a str,
    /// The page's own style.
    pub(super) style: &'a str,
    /// What is between the tags of its body.
    pub(super) body: &'a str,
    /// Its scripts, in order.
    pub(super) scripts: &'a [&'a str],
    /// Licences of what is in the scripts.
    pub(super) licences: &'a str,
}

impl Page<'_> {
    /// Writes the page, with `data` as JSON in its element `data`.
    pub(super) fn write(&self, data: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
        let data = serde_json::to_string(data)?;
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n{}\
             <script type=\"text/plain\" id=\"licences\">\n{}</script>\n\
             <script type=\"application/json\" id=\"data\">",
            text(self.title),
            self.style,
            self.body,
            self.licences,
        )?;
        // Within JSON, `<` only occurs in strings; there it could end the element.
        out.write_all(data.replace('<', "\\u003c").as_bytes())?;
        writeln!(out, "</script>")?;
        for script in self.scripts {
            writeln!(out, "<script>\n{script}</script>")?;
        }
        writeln!(out, "</body>\n</html>")
    }
}

/// Text as HTML writes it.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
