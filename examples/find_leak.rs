//! x
use memline::{Key, Leak};
use std::collections::HashMap;

struct Particle(#[allow(dead_code)] [u64; 5]);

fn grow(kept: &mut Vec<Particle>) {
    for i in 0..100_000u64 {
        kept.push(Particle([i; 5]));
    }
}

fn main() {
    let leak = Leak::builder().limit(5).key(Key::Line).start();
    let mut kept = Vec::new();
    grow(&mut kept);
    let boxes: Vec<Box<Particle>> = (0..1000).map(|i| Box::new(Particle([i; 5]))).collect();
    let map: HashMap<String, u32> = (0..1000u32).map(|i| (i.to_string(), i)).collect();
    let tree: std::collections::BTreeMap<u32, String> =
        (0..1000u32).map(|i| (i, format!("{i:>10}"))).collect();
    let arc = std::sync::Arc::new([1u8; 100]);
    println!(
        "{}",
        kept.len() + boxes.len() + map.len() + arc.len() + tree.len()
    );
    leak.stop();
}
