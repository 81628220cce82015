//! Only annotates. Nothing of memline may be left in it.

#[memline::profile]
fn squares(limit: u64) -> Vec<u64> {
    let mut squares = Vec::new();
    for number in 0..limit {
        squares.push(number * number);
    }
    squares
}

#[memline::profile(name = "sum")]
fn sum(numbers: &[u64]) -> u64 {
    let mut sum = 0;
    for number in numbers {
        sum += number;
    }
    sum
}

fn main() {
    println!("{}", sum(&squares(100)));
}
