//! Runs the programs in turns, and those that share a processor at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::builds::Build;
use crate::cases::{Compare, Meter, Run, Section};
use crate::meter;
use crate::options::Options;

/// The figures of every run, one per round.
pub(crate) struct Rounds(BTreeMap<Run, Vec<f64>>);

/// A median and the quartiles around it.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

/// Runs everything that `sections` compare, `options.rounds` times.
pub(crate) fn run(
    sections: &[Section],
    programs: &BTreeMap<Build, PathBuf>,
    options: &Options,
) -> Result<Rounds, String> {
    let mut order: Vec<Run> = Vec::new();
    for case in sections.iter().flat_map(|section| &section.cases) {
        for run in [case.beside, case.run] {
            if !order.contains(&run) {
                order.push(run);
            }
        }
    }

    let (mut at_once, mut order): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|run| run.meter == Meter::Shared);

    let mut figures = BTreeMap::<Run, Vec<f64>>::new();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for run in &order {
            // Instructions are the same in every round.
            if round > 1 && run.meter == Meter::Instructions {
                continue;
            }
            figures
                .entry(*run)
                .or_default()
                .push(meter::figure(run, programs, options)?);
        }
        let sharing: Vec<_> = at_once
            .iter()
            .map(|run| (run, programs[&run.build].as_path()))
            .collect();
        for (run, figure) in at_once.iter().zip(meter::at_once(&sharing, options)?) {
            figures.entry(*run).or_default().push(figure);
        }
        // Every other round goes the other way, so that nothing always runs on a warmer machine.
        order.reverse();
        at_once.reverse();
    }
    Ok(Rounds(figures))
}

impl Rounds {
    /// What `run` came to, over the rounds.
    pub(crate) fn figure(&self, run: Run) -> Spread {
        Spread::of(self.0[&run].clone())
    }

    /// `run` compared with `beside`, round by round.
    pub(crate) fn compared(&self, run: Run, beside: Run, compare: Compare) -> Spread {
        let pairs = self.0[&run].iter().zip(&self.0[&beside]);
        Spread::of(match compare {
            Compare::Ratio => pairs.map(|(run, beside)| run / beside).collect(),
            Compare::Figure => self.0[&run].clone(),
            Compare::Difference => pairs.map(|(run, beside)| run - beside).collect(),
        })
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Spread {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }
}
