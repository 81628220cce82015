//! The environment's word on a [`Config`].

use std::ffi::OsString;
use std::fmt::Display;

use super::{Config, Output, ParseError, listed};
use crate::report::columns::Column;
use crate::report::units::MAX_PRECISION;

/// The spellings of a switch, and what each means.
const SWITCHES: [(&str, bool); 6] = [
    ("on", true),
    ("true", true),
    ("1", true),
    ("off", false),
    ("false", false),
    ("0", false),
];

impl Config {
    /// This configuration as the environment overrules it, and a line for each value of a variable
    /// that makes no sense, naming the variable, the value, what is allowed and what is used
    /// instead. Such a value changes nothing.
    ///
    /// ```
    /// # use profile_runtime as memline;
    /// let (config, complaints) = memline::Config::new().from_env_over();
    /// for complaint in complaints {
    ///     eprintln!("memline: {complaint}");
    /// }
    /// # let _ = config;
    /// ```
    pub fn from_env_over(self) -> (Config, Vec<String>) {
        self.overruled_by(&|name| std::env::var_os(name))
    }

    /// [`from_env_over`](Config::from_env_over) with the environment as a function, for tests.
    pub(crate) fn overruled_by(
        mut self,
        lookup: &dyn Fn(&str) -> Option<OsString>,
    ) -> (Config, Vec<String>) {
        let mut env = Environment {
            lookup,
            complaints: Vec::new(),
        };
        if let Some(enabled) = env.read("MEMLINE", &on_off(self.enabled), switch) {
            self.enabled = enabled;
        }
        if let Some(output) = env.raw("MEMLINE_OUTPUT").map(output) {
            self.output = output;
            // An extension given there is nearer to the user than a format set in code.
            if self.output.implied_format().is_some() {
                self.format = None;
            }
        }
        if let Some(format) = env.read("MEMLINE_FORMAT", &self.effective_format(), str::parse) {
            self.format = Some(format);
        }
        let shown = self
            .columns
            .iter()
            .map(|c| c.name())
            .collect::<Vec<_>>()
            .join(",");
        let list = |list: &str| Column::parse_list(list, &self.columns);
        if let Some(columns) = env.read("MEMLINE_COLUMNS", &shown, list) {
            self.columns = columns;
        }
        if let Some(style) = env.read("MEMLINE_STYLE", &self.style, str::parse) {
            self.style = style;
        }
        if let Some(unit) = env.read("MEMLINE_UNIT", &self.unit, str::parse) {
            self.unit = unit;
        }
        if let Some(decimals) = env.read("MEMLINE_PRECISION", &self.precision, precision) {
            self.precision = decimals;
        }
        if env.raw("NO_COLOR").is_some() {
            self.color = false;
        }
        (self, env.complaints)
    }
}

struct Environment<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    complaints: Vec<String>,
}

impl Environment<'_> {
    /// The variable's value, where it is set and not empty.
    fn raw(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The variable's value as `parse` reads it. A bad one is complained about; `standing` names
    /// what is used instead.
    fn read<T>(
        &mut self,
        name: &str,
        standing: &dyn Display,
        parse: impl Fn(&str) -> Result<T, ParseError>,
    ) -> Option<T> {
        let raw = self.raw(name)?;
        // What is not Unicode is no value of any setting, and is shown with its bad parts replaced.
        match parse(raw.to_string_lossy().trim()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.complaints
                    .push(format!("{name}: {error}; using {standing}"));
                None
            }
        }
    }
}

fn output(value: OsString) -> Output {
    match value.to_str() {
        Some(name) if name.eq_ignore_ascii_case("stdout") => Output::Stdout,
        Some(name) if name.eq_ignore_ascii_case("stderr") => Output::Stderr,
        _ => Output::File(value.into()),
    }
}

fn switch(text: &str) -> Result<bool, ParseError> {
    let found = SWITCHES
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, on)| on).ok_or_else(|| {
        let allowed = listed(&SWITCHES.map(|(name, _)| name));
        ParseError::new(text, "a switch", &allowed)
    })
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn precision(text: &str) -> Result<u8, ParseError> {
    let decimals = text
        .parse()
        .ok()
        .filter(|decimals| *decimals <= MAX_PRECISION);
    decimals.ok_or_else(|| {
        let allowed = format!("0 to {MAX_PRECISION}");
        ParseError::new(text, "a number of decimals", &allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, Style, Unit};
    use expect_test::{Expect, expect};

    fn over(config: Config, variables: &[(&str, &str)]) -> (Config, Vec<String>) {
        config.overruled_by(&|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn check_complaints(variables: &[(&str, &str)], expected: Expect) {
        let (config, complaints) = over(Config::new(), variables);
        assert_eq!(config, Config::new(), "a bad value changed something");
        expected.assert_eq(&complaints.join("\n"));
    }

    #[test]
    fn an_empty_environment_changes_nothing() {
        let config = Config::new().unit(Unit::KiB).format(Format::Csv);
        assert_eq!(over(config.clone(), &[]), (config.clone(), vec![]));
        let empty = [
            ("MEMLINE", ""),
            ("MEMLINE_FORMAT", ""),
            ("MEMLINE_OUTPUT", ""),
            ("NO_COLOR", ""),
        ];
        assert_eq!(over(config.clone(), &empty), (config, vec![]));
    }

    #[test]
    fn every_variable_wins_over_code() {
        let code = Config::new()
            .output(Output::Stdout)
            .format(Format::Json)
            .columns([Column::Peak])
            .style(Style::Classic)
            .unit(Unit::GiB)
            .precision(7);
        let variables = [
            ("MEMLINE", "Off"),
            ("MEMLINE_OUTPUT", "report.txt"),
            ("MEMLINE_FORMAT", "HTML"),
            ("MEMLINE_COLUMNS", "+time,+allocs"),
            ("MEMLINE_STYLE", "default"),
            ("MEMLINE_UNIT", "kib"),
            ("MEMLINE_PRECISION", " 0 "),
            ("NO_COLOR", "1"),
        ];
        let mut expected = Config::new()
            .enabled(false)
            .output(Output::File("report.txt".into()))
            .format(Format::Html)
            .columns([Column::Peak, Column::Time, Column::Allocs])
            .unit(Unit::KiB)
            .precision(0);
        expected.color = false;
        assert_eq!(over(code, &variables), (expected, vec![]));
    }

    #[test]
    fn bad_values_are_named_with_what_is_allowed() {
        check_complaints(
            &[
                ("MEMLINE", "maybe"),
                ("MEMLINE_FORMAT", "xml"),
                ("MEMLINE_COLUMNS", "peak,leaks"),
                ("MEMLINE_STYLE", "modern"),
                ("MEMLINE_UNIT", "MB"),
                ("MEMLINE_PRECISION", "12"),
            ],
            expect![[r#"
                MEMLINE: "maybe" is not a switch (on, true, 1, off, false or 0); using on
                MEMLINE_FORMAT: "xml" is not a format (table, json, csv or html); using table
                MEMLINE_COLUMNS: "leaks" is not a column (occurrences, increment, mem_usage, peak, allocs, frees, reallocs, allocated, freed, rss_increment, heap, heap_increment, time_ns, retained, churned, default or all); using mem_usage,increment,occurrences
                MEMLINE_STYLE: "modern" is not a style (default or classic); using default
                MEMLINE_UNIT: "MB" is not a unit (auto, B, KiB, MiB or GiB); using auto
                MEMLINE_PRECISION: "12" is not a number of decimals (0 to 9); using 1"#]],
        );
        check_complaints(
            &[("MEMLINE_PRECISION", "-1"), ("MEMLINE_FORMAT", "ta\"ble\n")],
            expect![[r#"
                MEMLINE_FORMAT: "ta\"ble" is not a format (table, json, csv or html); using table
                MEMLINE_PRECISION: "-1" is not a number of decimals (0 to 9); using 1"#]],
        );
    }

    #[test]
    fn a_bad_value_leaves_what_code_said() {
        let code = Config::new()
            .format(Format::Csv)
            .precision(3)
            .enabled(false);
        let variables = [
            ("MEMLINE", "2"),
            ("MEMLINE_FORMAT", "xml"),
            ("MEMLINE_PRECISION", "x"),
        ];
        let (config, complaints) = over(code.clone(), &variables);
        assert_eq!(config, code);
        expect![[r#"
            MEMLINE: "2" is not a switch (on, true, 1, off, false or 0); using off
            MEMLINE_FORMAT: "xml" is not a format (table, json, csv or html); using csv
            MEMLINE_PRECISION: "x" is not a number of decimals (0 to 9); using 3"#]]
        .assert_eq(&complaints.join("\n"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_unicode_is_a_path_or_a_complaint() {
        use std::os::unix::ffi::OsStringExt;
        let broken = OsString::from_vec(b"out\xff.json".to_vec());
        let lookup = |name: &str| {
            ["MEMLINE_OUTPUT", "MEMLINE_UNIT"]
                .contains(&name)
                .then(|| broken.clone())
        };
        let (config, complaints) = Config::new().overruled_by(&lookup);
        assert_eq!(config.output, Output::File(broken.clone().into()));
        assert_eq!(config.effective_format(), Format::Json);
        expect![[
            r#"MEMLINE_UNIT: "out�.json" is not a unit (auto, B, KiB, MiB or GiB); using auto"#
        ]]
        .assert_eq(&complaints.join("\n"));
    }

    #[test]
    fn the_extension_chooses_the_format_unless_told() {
        let format =
            |code: Config, variables: &[(&str, &str)]| over(code, variables).0.effective_format();
        let json = ("MEMLINE_OUTPUT", "dir.csv/out.JSON");
        assert_eq!(format(Config::new(), &[json]), Format::Json);
        assert_eq!(
            format(Config::new(), &[("MEMLINE_OUTPUT", "a.csv")]),
            Format::Csv
        );
        assert_eq!(
            format(Config::new(), &[("MEMLINE_OUTPUT", "a.html")]),
            Format::Html
        );
        assert_eq!(
            format(Config::new(), &[("MEMLINE_OUTPUT", "a.txt")]),
            Format::Table
        );
        assert_eq!(
            format(Config::new(), &[json, ("MEMLINE_FORMAT", "table")]),
            Format::Table
        );
        let csv = || Config::new().format(Format::Csv);
        assert_eq!(format(csv(), &[json]), Format::Json);
        assert_eq!(format(csv(), &[("MEMLINE_OUTPUT", "a.txt")]), Format::Csv);
        assert_eq!(
            format(csv().output(Output::File("a.html".into())), &[]),
            Format::Csv
        );
    }
}
