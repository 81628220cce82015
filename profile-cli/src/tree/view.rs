//! Draws the state on the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::keys::HELP;
use super::state::State;
use crate::profile::title;
use crate::units::{self, Part};

/// Rows of source, with the border above.
const SOURCE: u16 = 9;

/// Screens lower than this show no source.
const LOW: u16 = 18;

/// Draws the whole screen; `source` is the text of the selected call's file.
pub(super) fn draw(state: &mut State<'_>, source: &str, frame: &mut Frame<'_>) {
    let area = frame.area();
    let source_rows = if state.shows_source && area.height >= LOW {
        SOURCE
    } else {
        0
    };
    let [head, columns, rows, below, place, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(source_rows),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    state.scroll(rows.height.into());
    frame.render_widget(heading(state), head);
    frame.render_widget(
        Line::styled(
            format!(
                "{:>10} {:>8} {:>10} {:>11}  Call",
                "Total", "%", "Own", "Blocks"
            ),
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        ),
        columns,
    );
    frame.render_widget(calls(state, rows.height.into()), rows);
    if source_rows > 0 {
        draw_source(state, source, frame, below);
    }
    let selected = state.selected().map(|frame| frame.place());
    frame.render_widget(Line::raw(selected.unwrap_or_default()), place);
    frame.render_widget(last_line(state), keys);
}

fn heading(state: &State<'_>) -> Line<'static> {
    let sum = state.profile.sum(state.view);
    let figures = format!(
        "{}: {} in {}",
        title(state.view),
        units::bytes(sum.bytes),
        units::blocks(sum.blocks)
    );
    let bold = Style::new().add_modifier(Modifier::BOLD);
    Line::from(vec![
        Span::styled(format!("Memory {figures}"), bold),
        Span::raw(format!("  {}", state.profile.command())),
    ])
}

fn calls(state: &State<'_>, height: usize) -> Paragraph<'static> {
    let whole = state.profile.sum(state.view).bytes;
    if state.rows.is_empty() {
        return Paragraph::new("Nothing of this kind was recorded; v shows the next view.");
    }
    let rows = state.rows.iter().enumerate().skip(state.top).take(height);
    let line = |(row, number): (usize, &usize)| {
        let node = &state.nodes[*number];
        let name = &state.profile.frames[node.frame as usize];
        let mark = match (node.children.is_empty(), node.is_open) {
            (true, _) => ' ',
            (false, true) => '▾',
            (false, false) => '▸',
        };
        let share = units::share(node.total.bytes, whole);
        let own = match node.own.bytes {
            0 => String::new(),
            bytes => units::bytes(bytes),
        };
        let (total, blocks) = (
            units::bytes(node.total.bytes),
            units::count(node.total.blocks),
        );
        // Beyond some depth the indent would take all the room.
        let indent = " ".repeat(node.depth.min(40));
        let dim = Style::new().add_modifier(Modifier::DIM);
        let call = if name.is_standard() {
            dim
        } else {
            Style::new()
        };
        let line = Line::from(vec![
            Span::styled(
                format!("{total:>10} {share:>8}"),
                heat(node.total.bytes, whole),
            ),
            Span::raw(format!(" {own:>10} {blocks:>11}  {indent}{mark} ")),
            Span::styled(name.function.clone(), call),
            Span::styled(format!("  {}", file_and_line(name)), dim),
        ]);
        if row == state.cursor {
            line.style(Style::new().add_modifier(Modifier::REVERSED))
        } else {
            line
        }
    };
    Paragraph::new(rows.map(line).collect::<Vec<_>>())
}

/// The name of a frame's file, without its folder, and the line.
fn file_and_line(frame: &crate::profile::Frame) -> String {
    let place = match frame.line {
        Some(_) => frame.place(),
        None => String::new(),
    };
    place.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The colour of a share.
fn heat(part: u64, whole: u64) -> Style {
    match Part::of(part, whole) {
        Part::Half => Style::new().fg(Color::Red),
        Part::Tenth => Style::new().fg(Color::Yellow),
        Part::Little => Style::new(),
    }
}

fn draw_source(state: &State<'_>, source: &str, frame: &mut Frame<'_>, area: Rect) {
    let selected = state.selected();
    let line = selected.and_then(|frame| frame.line).unwrap_or(0) as usize;
    let block = Block::new().borders(Borders::TOP).title(" Source ");
    let inner = usize::from(block.inner(area).height);
    let first = line.saturating_sub(inner / 2).max(1);
    let text: Vec<Line<'_>> = (1..)
        .zip(source.lines())
        .skip(first - 1)
        .take(inner)
        .map(|(number, text)| {
            let text = format!("{number:>6}  {}", text.replace('\t', "    "));
            if number == line {
                Line::styled(
                    text,
                    Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
                )
            } else {
                Line::raw(text)
            }
        })
        .collect();
    let text = if text.is_empty() {
        vec![Line::raw("        the source cannot be read")]
    } else {
        text
    };
    frame.render_widget(Paragraph::new(text).block(block), area);
}

fn last_line(state: &State<'_>) -> Line<'static> {
    if state.is_typing() {
        return Line::raw(format!("/{}▏ Enter goes to the next match", state.wanted));
    }
    let standard = if state.hides_standard { "show" } else { "hide" };
    let help = HELP.replace("hide", standard);
    Line::styled(help, Style::new().add_modifier(Modifier::DIM))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use profile_trace::view::View;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::keys::{Action, Command};
    use super::*;
    use crate::report::sample::profile;

    const SOURCE: &str = "fn one() {}\nfn two() {}\nfn three() {}\n";

    /// What the screen shows after some actions.
    fn check(actions: &[Action], expected: Expect) {
        let mut profile = profile();
        profile.frames[2].line = Some(2);
        let mut state = State::new(&profile, View::Peak);
        let mut terminal = Terminal::new(TestBackend::new(90, 20)).expect("memory takes it");
        for action in actions {
            assert!(state.apply(action.clone()));
        }
        let drawn = terminal.draw(|frame| draw(&mut state, SOURCE, frame));
        drawn.expect("memory takes it");
        let screen = terminal.backend().to_string();
        let lines = screen.lines().map(|line| line.trim_matches('"').trim_end());
        expected.assert_eq(&format!("{}\n", lines.collect::<Vec<_>>().join("\n")));
    }

    #[test]
    fn it_opens_along_the_largest_calls() {
        check(
            &[],
            expect![[r#"
                Memory live at the high-water mark: 6.0 MiB in 244 blocks  app folder
                     Total        %        Own      Blocks  Call
                   5.0 MiB   83.3 %                    241  ▾ std::rt::lang_start  rt.rs:206
                   5.0 MiB   83.3 %                    241   ▾ app::main  main.rs:40
                   5.0 MiB   83.3 %                    241    ▾ app::Index::build  index.rs:2
                   5.0 MiB   83.3 %    5.0 MiB         240       alloc::raw_vec::RawVec<T,A>::grow_one  ra
                   2.0 KiB    0.0 %                      1     ▸ app::read  index.rs:30
                   1.0 MiB   16.7 %                      3  ▸ worker::run  lib.rs:7

                 Source ──────────────────────────────────────────────────────────────────────────────────
                        the source cannot be read







                std::std/rt.rs:206
                ↑↓ move  →← open, close  ⏎ deepest  v view  h hide std  / n search  s source  q quit
            "#]],
        );
    }

    #[test]
    fn closed_calls_hide_what_they_called() {
        let actions = [
            Action::Move(1),
            Action::Own(Command::Close),
            Action::Own(Command::ToggleSource),
        ];
        check(
            &actions,
            expect![[r#"
                Memory live at the high-water mark: 6.0 MiB in 244 blocks  app folder
                     Total        %        Own      Blocks  Call
                   5.0 MiB   83.3 %                    241  ▾ std::rt::lang_start  rt.rs:206
                   5.0 MiB   83.3 %                    241   ▸ app::main  main.rs:40
                   1.0 MiB   16.7 %                      3  ▸ worker::run  lib.rs:7













                src/main.rs:40
                ↑↓ move  →← open, close  ⏎ deepest  v view  h hide std  / n search  s source  q quit
            "#]],
        );
    }

    #[test]
    fn another_view_without_the_standard_library() {
        check(
            &[
                Action::Own(Command::HideStandard),
                Action::Own(Command::NextView),
            ],
            expect![[r#"
                Memory still live at the end: 4.1 KiB in 3 blocks  app folder
                     Total        %        Own      Blocks  Call
                   4.0 KiB   98.5 %    4.0 KiB           2    worker::run  lib.rs:7
                      64 B    1.5 %                      1  ▸ app::main  main.rs:40





                 Source ──────────────────────────────────────────────────────────────────────────────────
                     3  fn three() {}







                worker-1.0.0/src/lib.rs:7
                ↑↓ move  →← open, close  ⏎ deepest  v view  h show std  / n search  s source  q quit
            "#]],
        );
    }

    #[test]
    fn a_search_opens_what_it_finds() {
        let typed = "worker".chars().map(Action::Type);
        let mut actions = vec![Action::Search];
        actions.extend(typed);
        actions.push(Action::Enter);
        check(
            &actions,
            expect![[r#"
                Memory live at the high-water mark: 6.0 MiB in 244 blocks  app folder
                     Total        %        Own      Blocks  Call
                   5.0 MiB   83.3 %                    241  ▾ std::rt::lang_start  rt.rs:206
                   5.0 MiB   83.3 %                    241   ▾ app::main  main.rs:40
                   5.0 MiB   83.3 %                    241    ▾ app::Index::build  index.rs:2
                   5.0 MiB   83.3 %    5.0 MiB         240       alloc::raw_vec::RawVec<T,A>::grow_one  ra
                   2.0 KiB    0.0 %                      1     ▸ app::read  index.rs:30
                   1.0 MiB   16.7 %                      3  ▸ worker::run  lib.rs:7

                 Source ──────────────────────────────────────────────────────────────────────────────────
                     3  fn three() {}







                worker-1.0.0/src/lib.rs:7
                ↑↓ move  →← open, close  ⏎ deepest  v view  h hide std  / n search  s source  q quit
            "#]],
        );
    }

    #[test]
    fn a_view_of_nothing() {
        let mut profile = profile();
        profile.rows.clear();
        let mut state = State::new(&profile, View::Peak);
        for action in [
            Action::Own(Command::Open),
            Action::Own(Command::Close),
            Action::Last,
            Action::Own(Command::Next),
        ] {
            assert!(state.apply(action));
        }
        assert!(state.selected().is_none());
        assert!(!state.apply(Action::Quit));
    }
}
