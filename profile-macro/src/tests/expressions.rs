//! Probes within expressions.

use expect_test::expect;

use super::probes;

#[test]
fn branches() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    if n == 1 {
        g();
    } else if n == 2 {
        h();
    }
    let a = if let Some(n) = g(n) {
        n
    } else { 3 };
    a
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 10);
            if n == 1 {
                frame.line(2);
                g();
            }
            else {
                {
                    frame.line(3);
                    if n == 2 {
                        frame.line(4);
                        h();
                    }
                }
            }
            frame.line(5);
            let a = if let Some(n) = g(n) {
                let reopen = frame.reopen(5);
                frame.line(6);
                n
            }
            else {
                let reopen = frame.reopen(5);
                frame.line(7);
                3
            };
            frame.line(8);
            let brace = frame.brace(9);
            a
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn arms() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    match n {
        1 => g(),
        2 => m! { 2 },
        3 if g() => {
            h()
        }
        _ =>
            return 4,
    }
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 6);
            match n {
                1 => {
                    frame.line(2);
                    g()
                }
                , 2 => {
                    frame.line(3);
                    (
                        m! {
                            2
                        }
                    )
                }
                , 3 if g() => {
                    frame.line(4);
                    h()
                }
                _ => {
                    frame.line(5);
                    return 4
                }
                ,
            }
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn values() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    let Some(a) = g(n) else {
        return 0;
    };
    g(a, {
        let b = a;
        b
    }, unsafe { h() });
    [0; {
        3
    }]
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 9);
            let Some(a) = g(n) else {
                frame.line(2);
                return 0;
            };
            frame.line(3);
            g(
                a, {
                    let reopen = frame.reopen(3);
                    frame.line(4);
                    let b = a;
                    frame.line(5);
                    let brace = frame.brace(6);
                    b
                }
                , unsafe {
                    let reopen = frame.reopen(3);
                    frame.line(6);
                    h()
                }
            );
            frame.line(7);
            let brace = frame.brace(8);
            [
                0;
                {
                    3
                }
            ]
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn closures() {
    let item = "
#[profile]
fn f(n: u32) -> u32 {
    let a = |n| n + 1;
    let b = |n| { n + 1 };
    let c = || {};
    g(|n| {
        let d = n;
        d
    });
    g(|n| if n { 1 } else {
        2
    });
    g(
        |n|
            n + 1,
    )
}";
    expect![[r#"
        fn f(n: u32) -> u32 {
            let frame = enter(&__MEMLINE_SITE, 1, 13);
            let a = | n | n + 1;
            frame.line(2);
            let b = | n | {
                let frame = enter_closure(&__MEMLINE_SITE, 2, 3);
                n + 1
            };
            frame.line(3);
            let c = | | {
            };
            frame.line(4);
            g(
                | n | {
                    let frame = enter_closure(&__MEMLINE_SITE, 5, 8);
                    let d = n;
                    frame.line(6);
                    let brace = frame.brace(7);
                    d
                }
            );
            frame.line(8);
            g(
                | n | {
                    let frame = enter_closure(&__MEMLINE_SITE, 8, 10);
                    if n {
                        1
                    }
                    else {
                        frame.line(9);
                        2
                    }
                }
            );
            frame.line(10);
            let brace = frame.brace(12);
            g(
                | n | {
                    let frame = enter_closure(&__MEMLINE_SITE, 11, 12);
                    n + 1
                }
                ,
            )
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn drop_in_an_arm() {
    let item = "
#[profile]
fn f(x: u32) {
    match x {
        0 => drop(g(x)),
        _ => g(drop),
    }
}";
    expect![[r#"
        fn f(x: u32) {
            let frame = enter(&__MEMLINE_SITE, 1, 4);
            match x {
                0 => {
                    frame.line(2);
                    match() {
                        () => drop(g(x))
                    }
                }
                , _ => {
                    frame.line(3);
                    g(drop)
                }
                ,
            }
        }
    "#]]
    .assert_eq(&probes(item));
}
