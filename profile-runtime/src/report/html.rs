//! The report as one page that opens offline: annotated source, a bar for each line's increment,
//! and a list of the functions. `page.html` holds what does not change, style and script included.

use super::columns::Column;
use super::text::harmless;
use super::{Line, Report, hints, legend, units};
use crate::config::Config;

/// The page around the figures. Everything is in it but what stands at the marks.
const PAGE: &str = include_str!("page.html");

/// Writes the part of the page that stands at a mark.
type Push<'a> = &'a dyn Fn(&mut String);

/// The page. The columns that are configured show at once, the others on request.
pub(crate) fn render(report: &Report, config: &Config) -> String {
    let columns = ordered(&config.columns);
    let mut out = String::with_capacity(PAGE.len() * 2);
    let mut rest = PAGE;
    let parts: [(&str, Push<'_>); 6] = [
        ("<!--hide-->", &|out| push_hiding(out, &columns)),
        ("<!--notes-->", &|out| {
            push_list(out, "notes", &report.notes)
        }),
        ("<!--list-->", &|out| push_rows(out, report, config)),
        ("<!--columns-->", &|out| {
            push_choice(out, &columns, &config.columns)
        }),
        ("<!--functions-->", &|out| {
            push_functions(out, report, config, &columns)
        }),
        ("<!--legend-->", &|out| push_legend(out, &columns)),
    ];
    for (mark, push) in parts {
        // Only the page is searched, so source text that looks like a mark is left alone.
        let (before, after) = rest
            .split_once(mark)
            .expect("page.html has every mark, in order");
        out.push_str(before);
        push(&mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// All columns, those that show at once first.
fn ordered(shown: &[Column]) -> Vec<Column> {
    super::columns::distinct(shown.iter().copied().chain(Column::ALL))
}

/// The rules that hide a column while its box is not checked. They need no script; a browser that
/// does not know `:has` shows every column.
fn push_hiding(out: &mut String, columns: &[Column]) {
    for name in columns.iter().map(|c| c.name()) {
        out.push_str(&format!(
            "body:has(#show-{name}:not(:checked)) .{name}{{display:none}}\n"
        ));
    }
}

fn push_choice(out: &mut String, columns: &[Column], shown: &[Column]) {
    for column in columns {
        let (name, title) = (column.name(), column.title());
        let checked = if shown.contains(column) {
            " checked"
        } else {
            ""
        };
        out.push_str(&format!(
            "<label title=\"{}\"><input type=\"checkbox\" id=\"show-{name}\"{checked}> {title}\
             </label>\n",
            escaped(column.meaning()),
        ));
    }
}

fn push_legend(out: &mut String, columns: &[Column]) {
    for column in columns {
        let (title, meaning) = (column.title(), escaped(column.meaning()));
        out.push_str(&format!("<dt>{title}</dt><dd>{meaning}</dd>\n"));
    }
}

fn push_list(out: &mut String, class: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("<ul class=\"{class}\">\n"));
    for item in items {
        out.push_str(&format!("<li>{}</li>\n", escaped(item)));
    }
    out.push_str("</ul>\n");
}

/// The list of functions: a cell's `data-v` is what it is sorted by.
fn push_rows(out: &mut String, report: &Report, config: &Config) {
    for (i, function) in report.functions.iter().enumerate() {
        let figures = || {
            function
                .lines
                .iter()
                .filter_map(|line| line.figures.as_ref())
        };
        let allocated: i128 = figures().map(|f| i128::from(f.allocated)).sum();
        let peak = figures().map(|f| i128::from(f.peak)).max().unwrap_or(0);
        let (name, file) = (escaped(&function.name), escaped(&function.file));
        out.push_str(&format!(
            "<tr><th scope=\"row\" data-v=\"{name}\"><a href=\"#f{i}\">{name}</a>\
             <small>{file}:{}</small></th>",
            function.first_line
        ));
        for bytes in [function.increment().into(), allocated, peak] {
            let text = units::Bytes::new(bytes, config);
            out.push_str(&format!("<td data-v=\"{bytes}\">{text}</td>"));
        }
        let calls = function.calls;
        out.push_str(&format!(
            "<td data-v=\"{calls}\">{}</td></tr>\n",
            units::count(calls)
        ));
    }
}

fn push_functions(out: &mut String, report: &Report, config: &Config, columns: &[Column]) {
    for (i, function) in report.functions.iter().enumerate() {
        let name = escaped(&function.name);
        let covered = [
            Some(format!(
                "{}:{}",
                escaped(&function.file),
                function.first_line
            )),
            Some(units::counted(function.calls, "call")),
            legend::threads(&function.threads).map(|threads| escaped(&threads)),
        ];
        let covered: Vec<String> = covered.into_iter().flatten().collect();
        out.push_str(&format!(
            "<section id=\"f{i}\">\n<h2>{name}</h2>\n<p>{}</p>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Source of {name}\">\n\
             <table>\n\
             <thead><tr><th scope=\"col\">Line</th>",
            covered.join(" · ")
        ));
        for column in columns {
            let (name, title, meaning) = (column.name(), column.title(), escaped(column.meaning()));
            out.push_str(&format!(
                "<th scope=\"col\" class=\"{name}\" title=\"{meaning}\">{title}</th>"
            ));
        }
        out.push_str(
            "<th scope=\"col\">−&nbsp;|&nbsp;+</th><th scope=\"col\">Source</th></tr></thead>\n\
             <tbody>\n",
        );
        let largest = function
            .lines
            .iter()
            .map(increment)
            .map(i64::unsigned_abs)
            .max();
        for line in &function.lines {
            push_line(out, line, config, columns, largest.unwrap_or(0));
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
        push_list(out, "hints", &hints::of(function));
        out.push_str("</section>\n");
    }
}

fn push_line(out: &mut String, line: &Line, config: &Config, columns: &[Column], largest: u64) {
    let idle = if line.figures.is_none() {
        " class=\"idle\""
    } else {
        ""
    };
    out.push_str(&format!("<tr{idle}><th scope=\"row\">{}</th>", line.line));
    for column in columns {
        let text = line.figures.as_ref().map(|f| column.value(f).text(config));
        out.push_str(&format!(
            "<td class=\"{}\">{}</td>",
            column.name(),
            text.unwrap_or_default()
        ));
    }
    out.push_str(&format!(
        "<td class=\"bar\">{}</td><td class=\"source\">{}</td></tr>\n",
        bar(increment(line), largest),
        escaped(&line.source)
    ));
}

fn increment(line: &Line) -> i64 {
    line.figures.map_or(0, |figures| figures.increment)
}

/// The bar of a line, on a scale on which `largest` is full. Direction says what colour says, for
/// those who cannot tell the colours apart: losses go left, gains go right.
fn bar(increment: i64, largest: u64) -> String {
    if increment == 0 || largest == 0 {
        return String::new();
    }
    let class = if increment < 0 { "loss" } else { "gain" };
    // Each direction has half of the cell.
    let percent = increment.unsigned_abs() as f64 / largest as f64 * 50.0;
    format!("<i class=\"{class}\" style=\"width:{percent:.1}%\"></i>")
}

/// `text` as HTML, in an element or in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' => out.push('\t'),
            c => out.push(harmless(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use expect_test::expect;
    use proptest::prelude::*;

    /// The part of the page between the columns' boxes and the footer.
    fn functions(page: &str) -> &str {
        let start = page.find("<section").unwrap_or(page.len());
        let end = page.find("<footer").unwrap_or(page.len());
        page.get(start..end).unwrap_or_default()
    }

    #[test]
    fn a_function_with_bars() {
        let mut report = sample::two_functions();
        report.functions.remove(0);
        let config = Config::new().columns([Column::Increment]);
        let page = render(&report, &config);
        let rows: Vec<&str> = functions(&page)
            .lines()
            .filter(|l| l.contains("idle") || l.contains("<i "))
            .collect();
        expect![[r#"
            <tr class="idle"><th scope="row">6</th><td class="increment"></td><td class="occurrences"></td><td class="mem_usage"></td><td class="peak"></td><td class="allocs"></td><td class="frees"></td><td class="reallocs"></td><td class="allocated"></td><td class="freed"></td><td class="rss_increment"></td><td class="heap"></td><td class="heap_increment"></td><td class="time_ns"></td><td class="retained"></td><td class="churned"></td><td class="bar"></td><td class="source">fn worker(i: usize) {</td></tr>
            <tr><th scope="row">7</th><td class="increment">234.4 KiB</td><td class="occurrences">5,000</td><td class="mem_usage">n/a</td><td class="peak">48 B</td><td class="allocs">5,000</td><td class="frees">0</td><td class="reallocs">0</td><td class="allocated">234.4 KiB</td><td class="freed">0 B</td><td class="rss_increment">n/a</td><td class="heap">6.7 MiB</td><td class="heap_increment">234.4 KiB</td><td class="time_ns">n/a</td><td class="retained">n/a</td><td class="churned">n/a</td><td class="bar"><i class="gain" style="width:50.0%"></i></td><td class="source">    queue.push(Job::new(i));</td></tr>
            <tr class="idle"><th scope="row">8</th><td class="increment"></td><td class="occurrences"></td><td class="mem_usage"></td><td class="peak"></td><td class="allocs"></td><td class="frees"></td><td class="reallocs"></td><td class="allocated"></td><td class="freed"></td><td class="rss_increment"></td><td class="heap"></td><td class="heap_increment"></td><td class="time_ns"></td><td class="retained"></td><td class="churned"></td><td class="bar"></td><td class="source">}</td></tr>"#]].assert_eq(&rows.join("\n"));
        expect![[r##"<tr><th scope="row" data-v="pool::worker"><a href="#f0">pool::worker</a><small>src/a/rather/long/path/to/the/worker/pool.rs:5</small></th><td data-v="240000">234.4 KiB</td><td data-v="240000">234.4 KiB</td><td data-v="48">48 B</td><td data-v="3">3</td></tr>"##]].assert_eq(page.lines().find(|l| l.contains("#f0")).unwrap_or_default());
    }

    #[test]
    fn bars_are_to_scale_and_point_the_way() {
        let bars = [
            (50, 200),
            (-200, 200),
            (1, 1000),
            (0, 5),
            (i64::MIN, 1 << 63),
        ];
        let bars: Vec<String> = bars
            .into_iter()
            .map(|(i, largest)| bar(i, largest))
            .collect();
        expect![[r#"
            <i class="gain" style="width:12.5%"></i>
            <i class="loss" style="width:50.0%"></i>
            <i class="gain" style="width:0.1%"></i>

            <i class="loss" style="width:50.0%"></i>"#]]
        .assert_eq(&bars.join("\n"));
    }

    #[test]
    fn text_cannot_leave_its_place() {
        let mut report = sample::report();
        let evil = "</script><b onload='x'>\"&<!--list-->\x1b".to_owned();
        let function = &mut report.functions[0];
        function.name = evil.clone();
        function.file = evil.clone();
        function.threads.name = Some(evil.clone());
        function.lines[0].source = evil.clone();
        report.notes = vec![evil.clone()];
        let page = render(&report, &Config::new());
        assert!(!page.contains("</script><b") && !page.contains("<!--"));
        let safe = "&lt;/script&gt;&lt;b onload=&#39;x&#39;&gt;&quot;&amp;&lt;!--list--&gt;␛";
        assert_eq!(escaped(&evil), safe);
        assert!(page.matches(safe).count() >= 6);
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = render(&sample::report(), &Config::new());
        for reference in ["http:", "https:", "src=", "<link", "@import", "url("] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn the_columns_asked_for_are_checked() {
        let page = render(&sample::report(), &Config::new().columns([Column::Peak]));
        let checked: Vec<&str> = page.lines().filter(|l| l.contains(" checked")).collect();
        assert_eq!(checked.len(), 1);
        assert!(checked[0].contains("id=\"show-peak\""));
    }

    proptest! {
        #[test]
        fn every_line_of_any_report_is_there(report in sample::any_report()) {
            let page = render(&report, &Config::new());
            for function in &report.functions {
                for line in &function.lines {
                    let cell = format!("<td class=\"source\">{}</td>", escaped(&line.source));
                    prop_assert!(page.contains(&cell));
                }
            }
            let sections = page.matches("<section id=").count();
            prop_assert_eq!(sections, report.functions.len());
        }
    }
}
