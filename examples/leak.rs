//! A cache that only grows, visible at its line. Run it with
//!
//! ```text
//! cargo run --release --example leak
//! ```
//!
//! Everything in this program is freed sooner or later, so no leak checker complains. The table
//! does tell: in `Server::handle` one line keeps as many bytes as it allocates, run after run,
//! while what the lines around it allocate is given back at the closing brace.

use std::collections::HashMap;

use memline::profile;

/// Renders pages, and remembers every one it ever rendered.
#[derive(Default)]
struct Server {
    cache: HashMap<String, String>,
    hits: usize,
}

#[profile]
impl Server {
    /// Answers one request.
    fn handle(&mut self, path: &str, session: u32) -> usize {
        // The mistake: the session is part of the key, so hardly any request finds its page.
        let key = format!("{path}?session={session}");
        if let Some(page) = self.cache.get(&key) {
            self.hits += 1;
            return page.len();
        }
        let rows = self.query(path);
        let page = self.render(path, &rows);
        let length = page.len();
        self.cache.insert(key, page);
        length
    }

    /// Stands for a database: always the same rows for the same path.
    fn query(&self, path: &str) -> Vec<String> {
        (0..8).map(|row| format!("{path} row {row}")).collect()
    }

    fn render(&self, path: &str, rows: &[String]) -> String {
        let list = rows.join("</li><li>");
        format!("<h1>{path}</h1><ul><li>{list}</li></ul>")
    }
}

fn main() {
    let mut server = Server::default();
    let mut sent = 0;
    for request in 0..10_000 {
        let path = ["/", "/news", "/about"][request as usize % 3];
        // A visitor comes back once, with the same session.
        sent += server.handle(path, request / 6);
    }
    println!(
        "10000 requests, {sent} bytes sent, {} hits, {} pages kept",
        server.hits,
        server.cache.len()
    );
}
