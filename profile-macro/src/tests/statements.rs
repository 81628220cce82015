//! Probes between statements.

use expect_test::expect;

use super::probes;

#[test]
fn straight() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    let a = n; let b = a;
    use std::fs;
    #[cfg(unix)]
    g(a);
    m! { b }
    a + b
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 6);
            let a = n;
            let b = a;
            use std::fs;
            #[cfg(unix)] frame.line(2);
            #[cfg(unix)] g(a);
            frame.line(3);
            m! {
                b
            }
            frame.line(4);
            let brace = frame.brace(5);
            a + b
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn loops() {
    let item = "
#[profile]
fn f(n: u32) {
    'outer: for i in 0..n {
        let a = i;
        while g(a) {
            if h() { continue; }
            if h() { continue 'outer }
            i()
        }
    }
    for i in 0..n { g(i); }
}";
    expect![[r#"
        fn f(n: u32) {
            let frame = enter(&__MEMLINE_SITE, 1, 9);
            'outer: for i in 0 .. n {
                let pass0 = frame.pass(1);
                frame.line(2);
                let a = i;
                frame.line(3);
                while g(a) {
                    let pass1 = frame.pass(3);
                    frame.line(4);
                    if h() {
                        {
                            pass1.finished();
                            continue
                        };
                    }
                    frame.line(5);
                    if h() {
                        {
                            pass0.finished();
                            continue 'outer
                        }
                    }
                    frame.line(6);
                    {
                        i()
                    }
                    pass1.finished();
                }
                frame.line(7);
                pass0.finished();
            }
            frame.line(8);
            for i in 0 .. n {
                let pass0 = frame.pass(8);
                g(i);
                pass0.finished();
            }
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn early_end_of_a_pass() {
    let item = "
#[profile]
fn f(all: &Mutex<Vec<u32>>) {
    'outer: loop {
        let a = 1;
        match all.lock().pop() {
            Some(1) => continue,
            Some(2) => break,
            Some(3) => return,
            _ => for b in 0..a {
                if b == 1 { continue 'outer }
                if b == 2 { break 'outer }
            }
        }
    }
}";
    expect![[r#"
        fn f(all: &Mutex < Vec < u32 >>) {
            let frame = enter(&__MEMLINE_SITE, 1, 11);
            'outer: loop {
                let pass0 = frame.pass(1);
                frame.line(2);
                let a = 1;
                frame.line(3);
                let brace = frame.brace(10);
                pass0.finished();
                match all.lock().pop() {
                    Some(1) => {
                        let reopen = frame.reopen(3);
                        frame.line(4);
                        continue
                    }
                    , Some(2) => {
                        let reopen = frame.reopen(3);
                        frame.line(5);
                        {
                            pass0.unfinished();
                            break
                        }
                    }
                    , Some(3) => {
                        let reopen = frame.reopen(3);
                        frame.line(6);
                        {
                            pass0.unfinished();
                            return
                        }
                    }
                    , _ => {
                        let reopen = frame.reopen(3);
                        frame.line(7);
                        for b in 0 .. a {
                            let pass1 = frame.pass(7);
                            frame.line(8);
                            if b == 1 {
                                continue 'outer
                            }
                            frame.line(9);
                            if b == 2 {
                                {
                                    pass0.unfinished();
                                    break 'outer
                                }
                            }
                            pass1.finished();
                        }
                    }
                }
            }
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn dead_ends() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    let a = n;
    loop {
        let b = a;
        return b;
    }
    g();
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 5);
            let a = n;
            frame.line(2);
            loop {
                let pass0 = frame.pass(2);
                frame.line(3);
                let b = a;
                frame.line(4);
                return b;
            }
            g();
        }
    "#]]
    .assert_eq(&probes(item));
}
