//! Where two texts part.

/// Lines shown of either text; what follows a first difference is mostly noise.
const SHOWN: usize = 12;

/// Tells the lines in which a plain program and its profiled twin differ, if they do.
pub(crate) fn between(program: &str, what: &str, [plain, profiled]: [&str; 2]) -> Option<String> {
    if plain == profiled {
        return None;
    }
    let (plain, profiled): (Vec<_>, Vec<_>) = (plain.lines().collect(), profiled.lines().collect());
    let same = plain
        .iter()
        .zip(&profiled)
        .take_while(|(a, b)| a == b)
        .count();
    let (plain, profiled) = (&plain[same..], &profiled[same..]);
    let after = plain
        .iter()
        .rev()
        .zip(profiled.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let mut text = format!("{program}: {what}, after {same} equal lines:\n");
    for (mark, lines) in [('-', plain), ('+', profiled)] {
        let differing = &lines[..lines.len() - after];
        for line in differing.iter().take(SHOWN) {
            text += &format!("  {mark} {line}\n");
        }
        if differing.len() > SHOWN {
            text += &format!("  {mark} … and {} more\n", differing.len() - SHOWN);
        }
    }
    Some(text)
}

/// The same for lines that stand on their own: only those that one text has and the other has not.
pub(crate) fn of_sets(
    program: &str,
    what: &str,
    [plain, profiled]: [&[String]; 2],
) -> Option<String> {
    let without = |these: &[String], those: &[String]| -> String {
        let lines: Vec<_> = these
            .iter()
            .filter(|line| !those.contains(line))
            .map(String::as_str)
            .collect();
        lines.join("\n")
    };
    let texts = [without(plain, profiled), without(profiled, plain)];
    if texts[0] == texts[1] && plain.len() != profiled.len() {
        return Some(format!(
            "{program}: {what} {} things, not {}",
            profiled.len(),
            plain.len()
        ));
    }
    between(program, what, [&texts[0], &texts[1]])
}
