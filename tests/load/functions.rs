//! More profiled functions than a process has numbers for.

use memline::__private::{NEW_SITE, Site, enter};

use crate::common::{Child, Outcome, Program, Test};
use crate::named;

pub(crate) const PROGRAMS: &[Program] = named![seventy_thousand_functions];

pub(crate) const TESTS: &[Test] = named![what_has_no_number_is_not_profiled_and_runs];

const FUNCTIONS: usize = 70_000;

/// As many as have a number, of 16 bits, of which 0 stands for none.
const PROFILED: usize = 65_535;

/// Each site is what the macro makes of a function; all are called twice.
fn seventy_thousand_functions() -> Outcome {
    let sites: Vec<&'static Site> = (0..FUNCTIONS)
        .map(|_| &*Box::leak(Box::new(NEW_SITE)))
        .collect();
    let mut calls = 0;
    for site in sites.repeat(2) {
        let _frame = enter(site, || "function", "1\0file\0fn function() {}", 0, 1);
        calls += 1;
    }
    println!("{calls}");
    Ok(())
}

fn what_has_no_number_is_not_profiled_and_runs() {
    let ended = Child::new("seventy_thousand_functions").json().run();
    assert_eq!(ended.code(), Some(0), "it ends as it would");
    assert_eq!(ended.stdout.trim_end(), (2 * FUNCTIONS).to_string());
    let said = ended
        .stderr
        .lines()
        .filter(|line| line.contains("are not profiled"));
    assert_eq!(said.count(), 1);
    let report = ended.report();
    assert_eq!(report.functions.len(), PROFILED);
    assert!(report.functions.iter().all(|function| function.calls == 2));
}
