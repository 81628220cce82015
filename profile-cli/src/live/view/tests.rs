//! What is on the screen.

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
