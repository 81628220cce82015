//! Budgets, and `#[memline::test]`.

use expect_test::expect;

use super::{probes, test, whole};

#[test]
fn a_budget_is_measured_around_the_frame() {
    expect![[r#"
        fn f() -> u8 {
            let budget = __MEMLINE_BUDGET.call();
            static __MEMLINE_BUDGET: Budget = Budget::new(&__MEMLINE_SITE, Limits::new(::core::option::Option::Some(1024u64),::core::option::Option::None,::core::option::Option::Some(0u64)), true);
            let frame = enter(&__MEMLINE_SITE,::core::any::type_name::< __MemlineHere >, "1,3\0<parsed string 1>\0", 1, 2);
            enum __MemlineHere {
            }
            static __MEMLINE_SITE: Site = NEW_SITE;
            g()
        }
    "#]].assert_eq(&whole(
        "#[profile(peak = \"1 KiB\", retained = 0)]
        fn f() -> u8 {
            g()
        }",
    ));
}

#[test]
fn a_function_that_no_panic_can_leave_is_told_apart() {
    let unwinds = |qualifiers: &str| {
        let text = whole(&format!(
            "#[profile(allocs = 1)] {qualifiers} fn f() {{ g(); }}"
        ));
        text.contains(", true)")
    };
    assert!(unwinds("unsafe"));
    assert!(unwinds("extern \"Rust\""));
    assert!(unwinds("extern \"C-unwind\""));
    assert!(!unwinds("extern \"C\""));
    assert!(!unwinds("pub extern"));
}

#[test]
fn a_budget_of_an_async_function_is_measured_around_its_future() {
    expect![[r#"
        async fn f() {
            {
                __MEMLINE_BUDGET.future(
                    in_future(
                        &__MEMLINE_SITE, async move {
                            if false {
                                return;
                            }
                            let after = task(&__MEMLINE_SITE).reopen(2);
                            {
                                let frame = task(&__MEMLINE_SITE);
                                frame.line(1);
                                g().await;
                            }
                        }
                    )
                )
            }
            . await
        }
    "#]]
    .assert_eq(&probes(
        "#[profile(allocs = 1)]
        async fn f() {
            g().await;
        }",
    ));
}

#[test]
fn a_test_is_measured_around_a_closure() {
    expect![[r##"
        #[::core::prelude::v1::test] fn f() -> Result <(), E > {
            let test = Test::begin(::core::concat!(::core::module_path!(), "::", "f"),::core::option_env!("CARGO_PKG_NAME"), Limits::new(::core::option::Option::Some(10u64),::core::option::Option::None,::core::option::Option::None),);
            let value =(
                | | -> Result <(), E > {
                    let frame = enter(&__MEMLINE_SITE, 1, 3);
                    g()?;
                    frame.line(2);
                    Ok(())
                }
            )();
            test.end(
                {
                    #[allow(unused_imports)] use NoResult as _;
                    Returned(&value).failed()
                }
            );
            value
        }
    "##]].assert_eq(&test(
        "#[test(peak = 10)]
        fn f() -> Result<(), E> {
            g()?;
            Ok(())
        }",
    ));
}

#[test]
fn an_async_test_is_awaited_in_place() {
    expect![[r##"
        #[tokio::test] async fn f() {
            let test = Test::begin(::core::concat!(::core::module_path!(), "::", "f"),::core::option_env!("CARGO_PKG_NAME"), Limits::new(::core::option::Option::None,::core::option::Option::None,::core::option::Option::None),);
            let value = {
                in_future(
                    &__MEMLINE_SITE, async move {
                        if false {
                            return;
                        }
                        let after = task(&__MEMLINE_SITE).reopen(2);
                        {
                            let frame = task(&__MEMLINE_SITE);
                            frame.line(1);
                            g().await;
                        }
                    }
                ). await
            };
            test.end(false);
            value
        }
    "##]].assert_eq(&test(
        "#[test]
        #[tokio::test]
        async fn f() {
            g().await;
        }",
    ));
}

#[test]
fn test_is_added_where_nothing_makes_it_one() {
    let added = |attributes: &str| {
        let text = test(&format!("#[test] {attributes} fn f() {{}}"));
        text.contains("prelude::v1::test")
    };
    assert!(added(""));
    assert!(added(
        "#[should_panic] #[ignore] #[cfg(test)] #[allow(dead_code)]"
    ));
    for attribute in [
        "test",
        "tokio::test(start_paused = true)",
        "rstest",
        "test_log::test",
    ] {
        assert!(!added(&format!("#[{attribute}]")), "{attribute}");
    }
}
