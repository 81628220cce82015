//! Every kind of function compiles with probes, under the strictest lints.
#![deny(warnings, unused, nonstandard_style, future_incompatible, rust_2018_idioms)]
#![forbid(unsafe_code)]
#![allow(dead_code)]

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use memline::profile;

#[derive(Debug, Clone, Default)]
pub struct S<T> {
    pub a: Vec<T>,
}

#[profile]
impl<T: Clone + Default + std::fmt::Debug> S<T> {
    pub const K: usize = 3;
    // New.
    #[inline]
    #[must_use]
    pub fn new() -> Self { Self { a: Vec::new() } }
    pub const fn c(&self) -> usize { 3 }
    pub fn add(&mut self, t: T) -> &mut Self {
        self.a.push(t);
        self
    }
    pub fn into(mut self, (a, _): (T, u32), [x, y]: [T; 2]) -> Vec<T> {
        self.a.push(a);
        self.a.extend([x, y]);
        self.a
    }
    pub fn boxed(self: Box<Self>) -> usize {
        let n = self.a.len();
        n
    }
    pub fn rc(self: &Rc<Self>) -> usize { Rc::strong_count(self) }
    pub async fn asy(&mut self, mut t: T, _: T, (q, _r): (T, T)) -> Result<&[T], String> {
        if self.a.is_empty() {
            return Err("x".into());
        }
        t.clone_into(&mut self.a[0]);
        t = q;
        self.a.push(t);
        std::future::ready(()).await;
        for i in 0..3 {
            std::future::ready(i).await;
            if i == 2 { continue; }
            let s = async { 3 }.await;
            std::future::ready(assert_eq!(s, 3)).await
        }
        Ok(&self.a)
    }
    pub async fn val(mut self, t: T) -> Vec<T> {
        self.a.push(t);
        let f = async move {
            let x = self.a;
            x
        };
        f.await
    }
}

#[profile]
pub trait Tr {
    type A;
    fn f(&self) -> Self::A;
    fn g(&self) -> Option<Self::A> {
        let x = self.f();
        Some(x)
    }
    fn h(self) -> u32 where Self: Sized {
        let _x = self;
        3
    }
}

#[profile]
pub mod inner {
    pub struct X;
    impl super::Tr for X {
        type A = u32;
        fn f(&self) -> u32 {
            3
        }
    }
    pub mod deep {
        use super::X;
        pub fn d(_: &X) -> ! {
            loop {
                std::thread::park();
            }
        }
        #[memline::profile(name = "own")]
        pub fn own() {
            println!("x")
        }
    }
}

#[profile]
pub fn imp(v: impl Iterator<Item = u32> + Clone) -> impl Iterator<Item = u32> {
    let k = 3;
    v.filter(move |x| *x > k).map(move |x| {
        let y = x + k;
        y
    })
}
#[profile]
pub fn dynf<'a>(k: &'a str) -> Box<dyn FnMut(&str) -> Option<&'a str> + 'a> {
    let mut count = 0;
    Box::new(move |x| {
        count += 1;
        if count > 3 { return None; }
        if x == k { Some(k) } else { None }
    })
}
#[profile]
pub fn cg<const N: usize, T: Copy + Default>(x: [T; N]) -> [T; N] where T: std::ops::Add<Output = T> {
    let mut out = [T::default(); N];
    for (o, i) in out.iter_mut().zip(x.iter()) {
        *o = *i + {
            let t = *i;
            t
        };
    }
    out
}
#[profile]
pub extern "C" fn ext(a: i32) -> i32 { a + 1 }
#[profile]
pub fn never(x: u32) -> ! {
    if x > 3 { panic!("a") }
    std::process::exit(1)
}
#[profile]
pub fn empty() {}
#[profile]
#[track_caller]
#[inline(always)]
pub fn track() { let _ = 3; }

#[profile]
pub async fn asy(a: &str, b: Vec<u32>, mut c: u32) -> Result<impl Iterator<Item = u32> + use<>, Box<dyn std::error::Error>> {
    let x: u32 = a.parse()?;
    c += 1;
    let fut = async {
        let k = 3;
        std::future::ready(k).await
    };
    let y = fut.await;
    let g = async move |z: u32| z + 1;
    let w = g(1).await;
    let t = match std::future::ready(3).await {
        1 => 3,
        _ => {
            std::future::ready(3).await
        }
    };
    Ok(b.into_iter().map(move |q| q + x + c + y + w + t))
}
#[profile]
pub async fn unit() {
    std::future::ready(()).await
}
#[profile]
pub async fn dflt() { Default::default() }
#[profile]
pub async fn anever() -> ! {
    loop { std::future::ready(()).await }
}
#[profile]
pub async fn apanics() -> u32 {
    panic!()
}
#[profile]
pub fn rec(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        if n == 0 { return 0; }
        rec(n - 1).await + 1
    })
}
#[profile]
pub async fn arec(n: u32) -> u32 {
    if n == 0 { return 0; }
    let k = Box::pin(arec(n - 1)).await;
    k + 1
}
fn is_send<T: Send>(_: T) {}
#[profile]
pub fn sends() {
    is_send(asy("x", vec![], 1));
    is_send(async {
        for i in 0..3 {
            if i == 1 {
                std::future::ready(()).await;
            }
            let q = i;
            std::future::ready(q).await;
        }
    });
}
#[profile]
pub fn params(mut a: u32, _b: u32, _: u32, &c: &u32, (d, ref e): (u32, String)) -> u32 {
    a += 1;
    a + c + d + e.len() as u32
}

fn main() {
    assert_eq!(cg([1, 2]), [2, 4]);
    assert_eq!(params(1, 2, 3, &4, (5, "six".into())), 14);
    assert_eq!(imp([3, 4, 5].into_iter()).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(dynf("a")("a"), Some("a"));
    assert_eq!(ext(1), 2);
    assert_eq!(S::new().add(1).a, [1]);
    assert_eq!(S { a: vec![1] }.into((2, 3), [4, 5]), [1, 2, 4, 5]);
}
