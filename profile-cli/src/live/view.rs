//! Draws the state on the screen.

use profile_trace::live::End;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline};

use super::history::Point;
use super::keys::HELP;
use super::state::{Sort, State, View};
use crate::units;

/// Rows of a graph, where the screen is high enough.
const GRAPH: u16 = 3;

/// Screens lower than this show no graphs.
const LOW: u16 = 16;

/// Stacks that are shown of a row.
const STACKS: usize = 5;

/// Draws the whole screen; `output` has the last lines that the program printed.
pub(super) fn draw(state: &mut State, output: &[String], frame: &mut Frame<'_>) {
    let area = frame.area();
    let graphs = if area.height >= LOW { GRAPH } else { 0 };
    let printed = if state.shows_output {
        area.height / 3
    } else {
        0
    };
    let [
        head,
        figures,
        graph,
        title,
        columns,
        rows,
        below,
        status,
        keys,
    ] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(graphs),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(printed),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(heading(state), head);
    frame.render_widget(memory(state), figures);
    draw_graphs(state, frame, graph);
    frame.render_widget(table_title(state), title);
    let layout = Columns::within(usize::from(area.width));
    frame.render_widget(layout.heading(state), columns);
    state.scroll(rows.height.into());
    frame.render_widget(table(state, &layout, rows), rows);
    if printed > 0 {
        frame.render_widget(printed_lines(output, below), below);
    }
    frame.render_widget(last_word(state), status);
    frame.render_widget(help(state), keys);
}

const fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

const fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn heading(state: &State) -> Line<'static> {
    let model = &state.model;
    let command = model.command();
    let program = command.split(' ').next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let threads = match model.moment.threads {
        1 => "1 thread".to_owned(),
        number => format!("{number} threads"),
    };
    let arguments = command.strip_prefix(program).unwrap_or_default().to_owned();
    Line::from(vec![
        Span::styled(name, bold()),
        Span::raw(format!(
            "  pid {}  {threads}  {}{}",
            model.process(),
            clock(model.moment.time),
            if state.is_paused { "  PAUSED" } else { "" },
        )),
        Span::styled(format!(" {arguments}"), dim()),
    ])
}

/// A time as `1:02:03` or `2:03`.
fn clock(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn memory(state: &State) -> Line<'static> {
    let (moment, highest) = (&state.model.moment, state.model.history.highest());
    let figure = |name: &'static str, color, now, highest| {
        [
            Span::styled(name, Style::new().fg(color)),
            Span::styled(format!(" {}", units::bytes(now)), bold()),
            Span::raw(format!(" (max {})  ", units::bytes(highest))),
        ]
    };
    let heap = figure(
        "heap",
        Color::Green,
        moment.heap,
        moment.peak.max(highest.heap),
    );
    let rss = figure("RSS", Color::Blue, moment.rss, highest.rss);
    let mut line: Vec<Span<'static>> = heap.into_iter().chain(rss).collect();
    if state.model.skipped > 0 {
        line.push(Span::raw(format!(
            "{} refreshes left out",
            units::count(state.model.skipped)
        )));
    }
    if moment.lost > 0 {
        line.push(Span::raw(format!("  {} lost", units::blocks(moment.lost))));
    }
    Line::from(line)
}

fn draw_graphs(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let halves = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(2),
        Constraint::Fill(1),
    ]);
    let [heap, _, rss] = halves.areas(area);
    let mut graph = |area: Rect, color, figure: fn(&Point) -> u64| {
        let points = state.model.history.columns(area.width.into());
        let data: Vec<u64> = points.iter().map(figure).collect();
        let graph = Sparkline::default().data(data);
        frame.render_widget(graph.style(Style::new().fg(color)), area);
    };
    graph(heap, Color::Green, |point| point.heap);
    graph(rss, Color::Blue, |point| point.rss);
}

fn table_title(state: &State) -> Line<'static> {
    let all = state.model.all();
    let what = match (state.view, state.model.marked()) {
        (View::Live, _) => "Live, by function".to_owned(),
        (View::Types, _) => "Live, by type".to_owned(),
        (View::Lines, _) => "Live, by line".to_owned(),
        (View::Leaks, None) => "Leaks so far: allocated since the start".to_owned(),
        (View::Leaks, Some(mark)) => format!("Leaks so far: grown since {}", clock(mark)),
    };
    let thread = match state.thread {
        None => "all threads".to_owned(),
        Some(thread) => state.model.thread_name(thread),
    };
    let bytes = units::bytes(state.view.bytes(all).max(0).unsigned_abs());
    let blocks = units::blocks(all.blocks.max(0).unsigned_abs());
    let mut line = vec![Span::styled(format!("{what}: {bytes}"), bold())];
    if state.view != View::Leaks {
        line.push(Span::raw(format!(" in {blocks}")));
    }
    line.push(Span::raw(format!(", {thread}")));
    if state.is_typing() || !state.wanted.is_empty() {
        let cursor = if state.is_typing() { "▏" } else { "" };
        line.push(Span::raw(format!("  /{}{cursor}", state.wanted)));
    }
    Line::from(line)
}

/// Which columns there is room for, and how wide the location is.
struct Columns {
    location: usize,
    own: bool,
    allocs: bool,
    type_: usize,
}

impl Columns {
    fn within(width: usize) -> Self {
        const TOTAL: usize = 20; // with its share
        const OWN: usize = 20;
        const ALLOCS: usize = 12;
        let own = width >= 72;
        let allocs = width >= 52;
        let type_ = if width >= 96 { width / 4 } else { 0 };
        let figures = TOTAL + usize::from(own) * OWN + usize::from(allocs) * ALLOCS;
        let taken = figures + if type_ > 0 { type_ + 2 } else { 0 };
        Self {
            location: width.saturating_sub(taken).max(8),
            own,
            allocs,
            type_,
        }
    }

    fn heading(&self, state: &State) -> Line<'static> {
        let style = |sort| {
            let style = bold().add_modifier(Modifier::UNDERLINED);
            if state.sort == sort {
                style.fg(Color::Yellow)
            } else {
                style
            }
        };
        let plain = bold().add_modifier(Modifier::UNDERLINED);
        let location = match state.view {
            View::Types => "Type",
            _ => "Location",
        };
        let mark = |sort| if state.sort == sort { "▾" } else { "" };
        let total = format!("{}Total", mark(Sort::Total));
        let mut line = vec![
            Span::styled(format!("{location:<width$}", width = self.location), plain),
            Span::styled(format!("{total:>12}{:>8}", "%"), style(Sort::Total)),
        ];
        if self.own {
            let own = format!("{}Own", mark(Sort::Own));
            line.push(Span::styled(
                format!("{own:>12}{:>8}", "%"),
                style(Sort::Own),
            ));
        }
        if self.allocs {
            let allocs = format!("{}Allocs", mark(Sort::Allocations));
            line.push(Span::styled(
                format!("{allocs:>12}"),
                style(Sort::Allocations),
            ));
        }
        if self.type_ > 0 && state.view != View::Types {
            line.push(Span::styled(
                format!("  {:<width$}", "Type", width = self.type_),
                plain,
            ));
        }
        Line::from(line)
    }
}

/// As much of a text as there is room for, the start left out where it is too long: the end says more.
fn fitted(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text:<width$}");
    }
    let rest: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{rest}")
}

fn table(state: &State, columns: &Columns, area: Rect) -> Paragraph<'static> {
    let whole = state.view.bytes(state.model.all()).max(0).unsigned_abs();
    if state.rows.is_empty() {
        return Paragraph::new(match (&*state.wanted, state.view) {
            ("", View::Leaks) => "Nothing has grown.",
            ("", _) => "Nothing lives yet that was allocated since it is watched.",
            _ => "Nothing matches; Esc ends the search.",
        });
    }
    let height = usize::from(area.height);
    let mut lines = Vec::with_capacity(height);
    for (row, shown) in state.rows.iter().enumerate().skip(state.top) {
        if lines.len() >= height {
            break;
        }
        let group = &state.model.groups()[shown.group as usize];
        let text = |bytes: i64| units::change(bytes.into()).replace('+', "");
        let share = |bytes: i64| units::share(bytes.max(0).unsigned_abs(), whole);
        let label = if group.place.is_empty() {
            group.label.clone()
        } else {
            format!("{}  {}", group.label, group.place)
        };
        // The label says more than where it is.
        let label = if label.chars().count() > columns.location {
            group.label.clone()
        } else {
            label
        };
        let mut line = vec![
            Span::raw(fitted(&label, columns.location)),
            Span::styled(
                format!("{:>12}{:>8}", text(shown.total), share(shown.total)),
                heat(shown.total, whole),
            ),
        ];
        if columns.own {
            let own = match shown.own {
                0 => String::new(),
                own => text(own),
            };
            let share = if own.is_empty() {
                String::new()
            } else {
                share(shown.own)
            };
            line.push(Span::raw(format!("{own:>12}{share:>8}")));
        }
        if columns.allocs {
            line.push(Span::raw(format!("{:>12}", units::count(shown.allocs))));
        }
        if columns.type_ > 0 && state.view != View::Types {
            let type_ = state.model.type_of(shown.group);
            line.push(Span::styled(
                format!("  {}", fitted(type_, columns.type_)),
                dim(),
            ));
        }
        let mut line = Line::from(line);
        if row == state.cursor {
            line = line.style(Style::new().add_modifier(Modifier::REVERSED));
        }
        lines.push(line);
        if state.expanded == Some(shown.group) {
            lines.extend(stacks(state, shown.group, usize::from(area.width)));
        }
    }
    Paragraph::new(lines)
}

/// The largest stacks of a row.
fn stacks(state: &State, group: u32, width: usize) -> Vec<Line<'static>> {
    let stacks = state.model.stacks_of(group, STACKS);
    let line = |(sum, functions): (super::model::Sum, Vec<&str>)| {
        let short: Vec<&str> = functions.iter().map(|name| last_parts(name)).collect();
        let bytes = units::bytes(state.view.bytes(&sum).max(0).unsigned_abs());
        let calls = fitted(&short.join(" › "), width.saturating_sub(14));
        Line::styled(format!("{bytes:>12}  {calls}"), dim())
    };
    stacks.into_iter().map(line).collect()
}

/// The last two parts of a function's path: `Index::build`.
fn last_parts(name: &str) -> &str {
    let mut ends = name.rmatch_indices("::");
    match ends.nth(1) {
        // Not within the arguments of a type.
        Some((at, _)) if !name[at..].contains(['<', '>', '(']) => &name[at + 2..],
        _ => name,
    }
}

/// The colour of a share.
fn heat(part: i64, whole: u64) -> Style {
    let percent = i128::from(part) * 100 / i128::from(whole.max(1));
    match percent {
        50.. => Style::new().fg(Color::Red),
        10.. => Style::new().fg(Color::Yellow),
        _ => Style::new(),
    }
}

fn printed_lines(output: &[String], area: Rect) -> Paragraph<'static> {
    let height = usize::from(area.height).saturating_sub(1);
    let first = output.len().saturating_sub(height);
    let mut lines = vec![Line::styled("─ Output ─", dim())];
    lines.extend(
        output[first..]
            .iter()
            .map(|line| Line::raw(line.replace('\t', "    "))),
    );
    Paragraph::new(lines)
}

/// How the program ended, in words.
pub(super) fn ending(end: Option<End>) -> String {
    match end {
        Some(End::Status(status)) => format!("program finished, exit status {status}"),
        Some(End::Signal(signal)) => format!("program ended by signal {signal}"),
        None => "program finished, or cannot be reached any more".to_owned(),
    }
}

fn last_word(state: &State) -> Line<'static> {
    if state.is_gone {
        return Line::styled(ending(state.model.end), bold().fg(Color::Yellow));
    }
    let before = state.model.before();
    let texts = match &state.message {
        Some(message) => [Some(message.clone()), before],
        None => [before, state.model.problem()],
    };
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    Line::raw(texts.join("; "))
}

fn help(state: &State) -> Line<'static> {
    if state.is_typing() {
        return Line::styled("Enter keeps the search, Esc ends it", dim());
    }
    let record = if state.is_recording {
        "stop recording"
    } else {
        "record"
    };
    let pause = if state.is_paused { "go on" } else { "pause" };
    let help = HELP.replace("r record", &format!("r {record}"));
    Line::styled(help.replace("p pause", &format!("p {pause}")), dim())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use profile_trace::live::{self, Moment, News, Row};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::keys::{Action, Command};
    use super::super::model::sample::{self, learn, model};
    use super::*;

    /// The screen as text.
    fn screen(state: &mut State, output: &[String], width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("memory takes it");
        let drawn = terminal.draw(|frame| draw(state, output, frame));
        drawn.expect("memory takes it");
        let screen = terminal.backend().to_string();
        let lines = screen.lines().map(|line| line.trim_matches('"').trim_end());
        format!("{}\n", lines.collect::<Vec<_>>().join("\n"))
    }

    /// What the screen shows after some actions.
    fn check(actions: &[Action], width: u16, height: u16, expected: Expect) {
        let mut state = State::new(model(&sample::told()));
        for action in actions {
            state.apply(action.clone());
        }
        expected.assert_eq(&screen(&mut state, &[], width, height));
    }

    #[test]
    fn what_lives_by_function() {
        check(
            &[],
            100,
            18,
            expect![[r#"
                app  pid 4711  2 threads  0:12  --all
                heap 5.0 MiB (max 6.0 MiB)  RSS 9.0 MiB (max 10.0 MiB)
                █                                                  █
                █                                                  █
                █                                                  █
                Live, by function: 4.0 MiB in 104 blocks, all threads
                Location                   ▾Total       %         Own       %      Allocs  Type
                0x100                     4.0 MiB 100.0 %                           5,012
                0x1000                    4.0 MiB  99.9 %     4.0 MiB  99.9 %          12  —
                0x2000                    4.0 KiB   0.1 %     4.0 KiB   0.1 %       5,000  —







                q quit  s sort  v view  t thread  ⏎ stacks  / search  p pause  m mark  r record  o output
            "#]],
        );
    }

    #[test]
    fn a_small_terminal_shows_what_counts() {
        check(
            &[Action::Move(1)],
            40,
            10,
            expect![[r#"
                app  pid 4711  2 threads  0:12  --all
                heap 5.0 MiB (max 6.0 MiB)  RSS 9.0 MiB
                Live, by function: 4.0 MiB in 104 blocks
                Location                  ▾Total       %
                0x100                    4.0 MiB 100.0 %
                0x1000                   4.0 MiB  99.9 %
                0x2000                   4.0 KiB   0.1 %


                q quit  s sort  v view  t thread  ⏎ stac
            "#]],
        );
    }

    #[test]
    fn one_thread_by_line_sorted_by_allocations_with_stacks() {
        let actions = [
            Action::Own(Command::NextView),
            Action::Own(Command::NextView),
            Action::Own(Command::NextView),
            Action::Own(Command::NextThread),
            Action::Own(Command::NextThread),
            Action::Own(Command::NextSort),
            Action::Own(Command::NextSort),
            Action::Last,
            Action::Own(Command::Expand),
        ];
        check(
            &actions,
            90,
            14,
            expect![[r#"
                app  pid 4711  2 threads  0:12  --all
                heap 5.0 MiB (max 6.0 MiB)  RSS 9.0 MiB (max 10.0 MiB)
                Live, by line: 1.0 MiB in 101 blocks, worker (thread 2)
                Location                                     Total       %         Own       %     ▾Allocs
                0x100                                      1.0 MiB 100.0 %                           5,002
                0x2000                                     4.0 KiB   0.4 %     4.0 KiB   0.4 %       5,000
                0x1000                                     1.0 MiB  99.6 %     1.0 MiB  99.6 %           2
                     1.0 MiB  0x100 › 0x1000





                q quit  s sort  v view  t thread  ⏎ stacks  / search  p pause  m mark  r record  o output
            "#]],
        );
    }

    #[test]
    fn types_and_a_search() {
        let mut actions = vec![
            Action::Own(Command::NextView),
            Action::Own(Command::NextView),
            Action::Search,
        ];
        actions.extend("x".chars().map(Action::Type));
        check(
            &actions,
            60,
            10,
            expect![[r#"
            app  pid 4711  2 threads  0:12  --all
            heap 5.0 MiB (max 6.0 MiB)  RSS 9.0 MiB (max 10.0 MiB)
            Live, by type: 4.0 MiB in 104 blocks, all threads  /x▏
            Type                              ▾Total       %      Allocs
            Nothing matches; Esc ends the search.




            Enter keeps the search, Esc ends it
        "#]],
        );
    }

    #[test]
    fn growth_since_a_mark_and_the_end_of_the_program() {
        let mut state = State::new(model(&sample::told()));
        for action in [
            Action::Own(Command::Mark),
            Action::Own(Command::NextView),
            Action::Own(Command::Output),
        ] {
            state.apply(action);
        }
        assert!(state.rows.is_empty());
        let mut more = Vec::new();
        let row = Row {
            thread: 1,
            stack: 2,
            bytes: 2048,
            blocks: 1,
            allocs: 1,
        };
        live::push_rows(&[row], &mut more);
        let moment = Moment {
            time: 3_800_000_000_000,
            skipped: 40,
            threads: 1,
            ..Moment::default()
        };
        News::Moment(moment).push(&mut more);
        learn(&mut state.model, &more);
        state.ended(Some(End::Status(3)));
        let output = ["first", "second", "third"].map(str::to_owned);
        expect![[r#"
            app  pid 4711  1 thread  1:03:20  --all
            heap 0 B (max 6.0 MiB)  RSS 0 B (max 10.0 MiB)  40 refreshes left out
            Leaks so far: grown since 0:12: 2.0 KiB, all threads
            Location                          ▾Total       %         Own       %      Allocs
            0x1000                           2.0 KiB 100.0 %     2.0 KiB 100.0 %          13
            0x100                            2.0 KiB 100.0 %                           5,013


            ─ Output ─
            first
            second
            third

            program finished, exit status 3
            q quit  s sort  v view  t thread  ⏎ stacks  / search  p pause  m mark  r record
        "#]]
        .assert_eq(&screen(&mut state, &output, 80, 15));
    }

    #[test]
    fn what_lived_before_is_told_at_the_foot() {
        let mut state = State::new(model(&sample::told_late()));
        check_foot(&mut state, "1.5 MiB lived before, and are in no row");
        state.answered(Ok("recording into a.memline".to_owned()));
        check_foot(
            &mut state,
            "recording into a.memline; 1.5 MiB lived before, and are in no row",
        );
        state.ended(None);
        check_foot(
            &mut state,
            "program finished, or cannot be reached any more",
        );
        // Where nothing did, nothing is said.
        check_foot(&mut State::new(model(&sample::told())), "");
        let small = screen(&mut State::new(model(&sample::told_late())), &[], 40, 10);
        assert!(
            small.contains("\n1.5 MiB lived before, and are in no row\n"),
            "{small}"
        );
    }

    /// What stands above the keys.
    #[track_caller]
    fn check_foot(state: &mut State, expected: &str) {
        let screen = screen(state, &[], 100, 18);
        assert_eq!(screen.lines().rev().nth(1), Some(expected), "{screen}");
    }

    #[test]
    fn any_size_can_be_drawn() {
        let mut state = State::new(model(&sample::told()));
        for action in [
            Action::Own(Command::Expand),
            Action::Own(Command::Output),
            Action::Own(Command::Pause),
        ] {
            state.apply(action);
        }
        for (width, height) in [(1, 1), (3, 2), (10, 4), (300, 100)] {
            screen(&mut state, &["text".to_owned()], width, height);
        }
        let mut empty = State::new(super::super::model::Model::new());
        for action in [
            Action::Last,
            Action::Own(Command::Expand),
            Action::Own(Command::NextThread),
            Action::Own(Command::Mark),
        ] {
            empty.apply(action);
        }
        assert!(screen(&mut empty, &[], 60, 10).contains("Nothing lives yet"));
    }

    #[test]
    fn the_selected_group_stays_selected_when_others_overtake_it() {
        let mut state = State::new(model(&sample::told()));
        state.apply(Action::Last);
        let selected = state.rows[state.cursor].group;
        let row = Row {
            thread: 2,
            stack: 3,
            bytes: 9 << 20,
            blocks: 1,
            allocs: 1,
        };
        let mut more = Vec::new();
        live::push_rows(&[row], &mut more);
        learn(&mut state.model, &more);
        state.list();
        assert_eq!(
            (state.cursor, state.rows[state.cursor].group),
            (1, selected)
        );
    }
}
