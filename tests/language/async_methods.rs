//! `async` methods: every kind of `self`, in traits too, and bodies that take `self` apart.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

struct Pair {
    left: Noisy,
    right: Noisy,
}

#[cfg_attr(profiled, memline::profile)]
impl Pair {
    async fn new() -> Self {
        let left = noisy("left");
        pause().await;
        Self { left, right: noisy("right") }
    }

    async fn takes_left(self, _after: Noisy) -> usize {
        let left = self.left;
        pause().await;
        left.0.len()
    }

    async fn ignores(self) {
        println!("ignores");
    }

    async fn by_ref(&self, other: &Self) -> usize {
        let both = self.left.0.len() + other.right.0.len();
        pause().await;
        both
    }

    async fn by_mut(&mut self) -> &mut Noisy {
        self.left = noisy("new left");
        pause().await;
        let slot = &mut self.right;
        slot
    }

    async fn boxed(self: Box<Self>) -> Noisy {
        pause().await;
        self.right
    }

    async fn shared(self: Rc<Self>) -> usize {
        let _other = Rc::clone(&self);
        Rc::strong_count(&self)
    }

    async fn pinned(mut self: Pin<&mut Self>) -> &'static str {
        self.left.0 = "pinned";
        self.left.0
    }

    async fn mutated(mut self) -> Self {
        self.right = noisy("changed");
        self
    }
}

trait Service {
    async fn call(&self, n: u32) -> u32;

    fn named(&self) -> impl Future<Output = String> + Send
    where
        Self: Sync,
    {
        async {
            pause().await;
            "default".to_owned()
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
impl Service for Pair {
    async fn call(&self, n: u32) -> u32 {
        let _call = noisy("call");
        for _ in 0..n {
            pause().await;
        }
        n * 2
    }

    fn named(&self) -> impl Future<Output = String> + Send {
        let name = self.left.0;
        async move {
            let _inside = noisy("inside");
            pause().await;
            name.to_owned()
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
async fn twice<S: Service>(service: S) -> u32 {
    service.call(1).await + service.call(2).await
}

#[cfg_attr(profiled, memline::profile)]
async fn all() {
    let mut pair = Pair::new().await;
    println!("{}", pair.by_ref(&pair).await);
    pair.by_mut().await.0 = "renamed";
    println!("{}", Pin::new(&mut pair).pinned().await);
    let pair = pair.mutated().await;
    println!("{}", pair.takes_left(noisy("argument")).await);
    Pair::new().await.ignores().await;
    println!("{}", Box::new(Pair::new().await).boxed().await.0);
    println!("{}", Rc::new(Pair::new().await).shared().await);
    println!("{}", Pair::new().await.named().await);
    println!("{}", twice(Pair::new().await).await);
}

fn main() {
    println!("{:?}", poll(50, all()));
    for times in 0..4 {
        println!("{:?}", poll(times, all()));
    }
}
