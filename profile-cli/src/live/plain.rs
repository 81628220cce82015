//! Where there is no terminal: a line each second, and a table at the end.

use std::io::{self, Write};

use super::model::Model;
use super::view::ending;
use crate::units;

/// Places in the table at the end.
const PLACES: usize = 10;

/// The program at this moment, in one line.
pub(super) fn line(model: &Model) -> String {
    let moment = &model.moment;
    let mut text = format!(
        "memline: {:.1} s  heap {} (max {})  RSS {}",
        moment.time as f64 / 1e9,
        units::bytes(moment.heap),
        units::bytes(moment.peak),
        units::bytes(moment.rss),
    );
    let most = model.groups().iter().max_by_key(|group| group.own.bytes);
    if let Some(group) = most.filter(|group| group.own.bytes > 0) {
        let bytes = group.own.bytes.unsigned_abs();
        let all = model.all().bytes.max(0).unsigned_abs();
        let (bytes, share) = (units::bytes(bytes), units::share(bytes, all));
        text.push_str(&format!("  most: {} {bytes} ({share})", group.label));
    }
    if model.skipped > 0 {
        text.push_str(&format!(
            "  {} refreshes left out",
            units::count(model.skipped)
        ));
    }
    text
}

/// The last state.
pub(super) fn last(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "memline: {}", ending(model.end))?;
    let mut groups: Vec<_> = model.groups().iter().collect();
    groups.retain(|group| group.own.bytes > 0);
    groups.sort_by(|a, b| {
        let by_size = b.own.bytes.cmp(&a.own.bytes);
        by_size.then_with(|| a.label.cmp(&b.label))
    });
    let all = model.all().bytes.max(0).unsigned_abs();
    writeln!(
        out,
        "{:>12} {:>8} {:>12}  what lived last, by function",
        "Own", "%", "Allocs"
    )?;
    for group in groups.iter().take(PLACES) {
        let bytes = group.own.bytes.unsigned_abs();
        let (size, share) = (units::bytes(bytes), units::share(bytes, all));
        let allocs = units::count(group.own.allocs);
        writeln!(
            out,
            "{size:>12} {share:>8} {allocs:>12}  {} {}",
            group.label, group.place
        )?;
    }
    if groups.len() > PLACES {
        writeln!(out, "… and {} more", groups.len() - PLACES)?;
    }
    if let Some(before) = model.before() {
        writeln!(out, "{before}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::live::End;

    use super::super::model::sample;
    use super::*;

    #[test]
    fn a_program_in_a_line_and_at_its_end() {
        let mut model = sample::model(&sample::told());
        expect!["memline: 12.0 s  heap 5.0 MiB (max 6.0 MiB)  RSS 9.0 MiB  most: 0x1000 4.0 MiB (99.9 %)"]
            .assert_eq(&line(&model));
        model.end = Some(End::Signal(9));
        let mut text = Vec::new();
        last(&model, &mut text).expect("memory takes it");
        expect![[r#"
            memline: program ended by signal 9
                     Own        %       Allocs  what lived last, by function
                 4.0 MiB   99.9 %           12  0x1000 
                 4.0 KiB    0.1 %        5,000  0x2000 
        "#]]
        .assert_eq(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn what_lived_before_is_told_under_the_table() {
        let mut text = Vec::new();
        last(&sample::model(&sample::told_late()), &mut text).expect("memory takes it");
        let text = String::from_utf8_lossy(&text);
        let told = text.ends_with("0x2000 \n1.5 MiB lived before, and are in no row\n");
        assert!(told, "{text}");
    }
}
