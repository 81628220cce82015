//! Functions of every kind, and the items that hold them.

use expect_test::expect;

use super::{probes, whole};

#[test]
fn site() {
    let item = "
#[profile]
fn f() {
    g();
    g();
}";
    expect![[r#"
        fn f() {
            let frame = enter(&__MEMLINE_SITE,::core::any::type_name::< __MemlineHere >, "1,3,4\0<parsed string 1>\0", 1, 3);
            enum __MemlineHere {
            }
            static __MEMLINE_SITE: Site = NEW_SITE;
            g();
            frame.line(2);
            g();
        }
    "#]]
    .assert_eq(&whole(item));
}

#[test]
fn given_name_and_path() {
    let item = "
#[profile(name = \"given\", crate = a::b)]
fn f() {}";
    expect![[r#"
        fn f() {
            let frame = a::b::__private::enter(&__MEMLINE_SITE, || "given", "1\0<parsed string 1>\0", 0, 1);
            static __MEMLINE_SITE: a::b::__private::Site = a::b::__private::NEW_SITE;
        }
    "#]].assert_eq(&whole(item));
}

#[test]
fn what_clippy_is_told() {
    let item = "
#[profile]
impl<T> Clone for S<T> {
    fn clone(&self) -> Self {
        *self
    }
    fn clone_from(&mut self, other: &Self) {
        *self = other.clone();
    }
}";
    expect![[r#"
        impl < T > Clone for S < T > {
            fn clone(&self) -> Self {
                let frame = enter(&__MEMLINE_SITE, 1, 2);
                * self
            }
            fn clone_from(&mut self, other: &Self) {
                let frame = enter(&__MEMLINE_SITE, 1, 2);
                * self = other.clone();
            }
        }
    "#]]
    .assert_eq(&probes(item));
    let item = "
#[profile]
fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
    Some(self.cmp(other))
}";
    expect![[r#"
        fn partial_cmp(&self, other: &Self) -> Option < Ordering > {
            let frame = enter(&__MEMLINE_SITE, 1, 2);
            Some(self.cmp(other))
        }
    "#]]
    .assert_eq(&probes(item));
    let item = "
#[profile]
fn nothing<T>() {}";
    expect![[r#"
        fn nothing < T >() {
            #![allow(clippy::extra_unused_type_parameters)] let frame = enter(&__MEMLINE_SITE, 0, 1);
        }
    "#]].assert_eq(&probes(item));
    let item = "
#[profile]
fn clone(&self) -> Self {
    let Self(n) = self;
    Self(n + 1)
}";
    expect![[r#"
        fn clone(&self) -> Self {
            let frame = enter(&__MEMLINE_SITE, 1, 4);
            let Self(n) = self;
            frame.line(2);
            let brace = frame.brace(3);
            Self(n + 1)
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn async_function() {
    let item = "
#[profile]
async fn f(&self, mut a: u32, _: u32, (b, c): (u32, u32)) -> Result<impl Trait, u32> {
    let d = a.await;
    d
}";
    expect![[r#"
        async fn f(&self, a: u32, __arg2: u32, __arg3:(u32, u32)) -> Result < impl Trait, u32 > {
            in_future(
                &__MEMLINE_SITE, async move {
                    let _ = &self;
                    let mut a = a;
                    let __arg2 = __arg2;
                    let _ = __arg2;
                    let __arg3 = __arg3;
                    let(b, c) = __arg3;
                    if false {
                        let returned: Result < _, u32 > = loop {
                        };
                        return returned;
                    }
                    let after = task(&__MEMLINE_SITE).reopen(4);
                    {
                        let frame = task(&__MEMLINE_SITE);
                        frame.line(1);
                        let d = a.await;
                        frame.line(2);
                        let brace = frame.brace(3);
                        d
                    }
                }
            ). await
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn async_functions_without_a_value() {
    let item = "
#[profile]
mod m {
    async fn unit() { g().await }
    async fn never() -> ! { loop {} }
}";
    expect![[r#"
        mod m {
            async fn unit() {
                in_future(
                    &__MEMLINE_SITE, async move {
                        if false {
                            return;
                        }
                        let after = task(&__MEMLINE_SITE).reopen(1);
                        {
                            let frame = task(&__MEMLINE_SITE);
                            g().await
                        }
                    }
                ). await
            }
            async fn never() ->! {
                in_future_like(
                    &__MEMLINE_SITE, || ->! {
                        loop {
                        }
                    }
                    , async move {
                        let after = task(&__MEMLINE_SITE).reopen(1);
                        {
                            let frame = task(&__MEMLINE_SITE);
                            loop {
                            }
                        }
                    }
                ). await
            }
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn async_block() {
    let item = "
#[profile]
fn f() -> impl Future {
    g();
    async move {
        g().await;
    }
}";
    expect![[r#"
        fn f() -> impl Future {
            let frame = enter(&__MEMLINE_SITE, 1, 4);
            g();
            frame.line(2);
            in_async_block(
                &__MEMLINE_SITE, 3, async move {
                    let frame = task(&__MEMLINE_SITE);
                    g().await;
                }
            )
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn holders() {
    let item = "
#[profile]
mod m {
    trait T {
        fn declared();
        fn given() { g(); }
    }
    impl T for U {
        const fn constant() { g(); }
        #[memline::profile]
        fn own() { g(); }
        fn plain() {
            g();
        }
    }
    #[profile]
    mod own { fn f() { g(); } }
    struct S;
}";
    expect![[r#"
        mod m {
            trait T {
                fn declared();
                fn given() {
                    let frame = enter(&__MEMLINE_SITE, 0, 1);
                    g();
                }
            }
            impl T for U {
                const fn constant() {
                    g();
                }
                #[memline::profile] fn own() {
                    g();
                }
                fn plain() {
                    let frame = enter(&__MEMLINE_SITE, 1, 2);
                    g();
                }
            }
            #[profile] mod own {
                fn f() {
                    g();
                }
            }
            struct S;
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn half_typed() {
    let item = "
#[profile]
fn f() {
    let a = g(|b| );
}";
    expect![[r#"
        fn f() {
            let a = g(| b |);
        }
    "#]]
    .assert_eq(&probes(item));
}

/// What is not parsed gets its probes; the tokens in between are the user's own all the same.
#[test]
fn half_typed_without_blocks() {
    let item = "
#[profile]
fn f() {
    let a = ;
    g();
}";
    expect![[r#"
        fn f() {
            let frame = enter(&__MEMLINE_SITE, 1, 4);
            let a =;
            frame.line(2);
            g();
            frame.line(3);
        }
    "#]]
    .assert_eq(&probes(item));
}

#[test]
fn cannot_be_profiled() {
    let item = "
#[profile(warn)]
unsafe extern \"C\" fn f(n: u8, ...) {
    g();
}";
    expect![[r#"
        unsafe extern "C" fn f(n: u8, ...) {
            const _:() = {
                #[deprecated(note = "`#[profile]` cannot measure a C-variadic function")] const NOT_PROFILED:() =();
                NOT_PROFILED
            };
            g();
        }
    "#]]
    .assert_eq(&whole(item));
}

#[test]
fn error() {
    let item = "
#[profile(nme = 1)]
fn f() {
    g();
}";
    expect![[r#"
        ::core::compile_error! {
            "unknown argument `nme`: `#[profile]` takes `name = \"…\"`, `crate = path` and `warn`, and the budgets `peak`, `allocs` and `retained`"
        }
        fn f() {
            g();
        }
    "#]]
    .assert_eq(&probes(item));
}
