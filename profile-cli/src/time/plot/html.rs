//! The picture as a page that opens offline, with its figures as a table.

use super::Picture;
use crate::time::curves::Curves;
use crate::units;

/// The page around `svg`.
pub(super) fn page(picture: &Picture, svg: &str) -> String {
    let title = escape(&picture.title);
    let tables: String = picture.curves.iter().map(table).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title} – memory over time</title>\n<style>\n\
         body {{ font: 15px sans-serif; margin: 1em auto; max-width: 1200px; padding: 0 1em }}\n\
         svg {{ width: 100%; height: auto }}\n\
         td {{ padding: 0.1em 1.5em 0.1em 0; vertical-align: top }}\n\
         td + td {{ text-align: right }}\n</style>\n</head>\n<body>\n{svg}\n{tables}</body>\n</html>\n"
    )
}

fn table(curves: &Curves) -> String {
    let mut rows = String::new();
    let mut row = |name: &str, value: String, time: String| {
        rows.push_str(&format!(
            "<tr><td>{}</td><td>{value}</td><td>{time}</td></tr>\n",
            escape(name)
        ));
    };
    for (name, peak) in [
        ("highest RSS", curves.rss_peak()),
        ("highest live heap", curves.live_peak()),
        ("highest RSS with children", curves.family_peak()),
    ] {
        if let Some(peak) = peak {
            let time = format!("at {}", units::time(peak.time));
            row(name, units::bytes(peak.bytes), time);
        }
    }
    for (time, mark) in &curves.timeline.marks {
        let rss = units::bytes(curves.rss_at(*time));
        row(mark, rss, format!("at {}", units::time(*time)));
    }
    for total in super::legend::totals(curves) {
        let calls = format!("{} ×", units::count(total.calls));
        row(&total.function, calls, units::time(total.time));
    }
    let file = escape(&curves.file);
    format!("<h2>{file}</h2>\n<table>\n{rows}</table>\n")
}

/// Text as HTML has it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
