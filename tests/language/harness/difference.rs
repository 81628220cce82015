//! Where two texts part.

/// Tells the lines in which a plain program and its profiled twin differ, if they do.
pub(crate) fn between(program: &str, what: &str, [plain, profiled]: [String; 2]) -> Option<String> {
    if plain == profiled {
        return None;
    }
    let (plain, profiled): (Vec<_>, Vec<_>) = (plain.lines().collect(), profiled.lines().collect());
    let same = plain.iter().zip(&profiled).take_while(|(a, b)| a == b).count();
    let after = plain[same..].iter().rev().zip(profiled[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = format!("{program}: {what}, after {same} equal lines:\n");
    for (mark, lines) in [('-', plain), ('+', profiled)] {
        for line in &lines[same..lines.len() - after] {
            text += &format!("  {mark} {line}\n");
        }
    }
    Some(text)
}
