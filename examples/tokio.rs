//! Concurrent tasks, each await charged to its own line. Run it with
//!
//! ```text
//! cargo run --release --example tokio
//! ```
//!
//! Four tasks take turns at every `await`, on one thread. A suspended task is charged with nothing
//! that the others do meanwhile: the increments of `download` are those of four downloads one after
//! the other. An `await` counts once, however often it is polled.

use memline::profile;
use tokio::sync::mpsc;
use tokio::task::{self, JoinSet};

/// Size of a received chunk, in bytes.
const CHUNK: usize = 4096;

/// Receives `chunks` chunks, one at a time, as if from a network.
#[profile]
async fn download(chunks: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(CHUNK);
    for number in 0..chunks {
        let chunk = receive(number).await;
        body.extend_from_slice(&chunk);
        // Lets the other tasks run; what they allocate is not charged here.
        task::yield_now().await;
    } // The chunk is freed at each pass.
    body.shrink_to_fit();
    body
}

/// One chunk, after the other tasks had their turn.
#[profile]
async fn receive(number: usize) -> Vec<u8> {
    task::yield_now().await;
    vec![number as u8; CHUNK]
}

/// Takes the bodies as they come, keeps the largest and drops the others.
#[profile]
async fn largest(mut bodies: mpsc::Receiver<Vec<u8>>) -> usize {
    let mut largest = Vec::new();
    while let Some(body) = bodies.recv().await {
        if body.len() > largest.len() {
            largest = body;
        }
    }
    largest.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (sender, receiver) = mpsc::channel(4);
    let mut tasks = JoinSet::new();
    for chunks in [8, 16, 32, 64] {
        let sender = sender.clone();
        tasks.spawn(async move {
            let body = download(chunks).await;
            sender
                .send(body)
                .await
                .expect("the receiver outlives the tasks");
        });
    }
    drop(sender);
    let largest = largest(receiver).await;
    tasks.join_all().await;
    println!("the largest body has {largest} bytes");
}
