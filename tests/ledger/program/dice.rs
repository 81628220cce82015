//! Decisions that a generated program and the interpreter make alike.

/// A reproducible sequence of decisions.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    seed: u64,
    rolls: u64,
    fuel: u32,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            rolls: 0,
            fuel: 60,
        }
    }

    /// Whether a branch is taken, or a loop goes on.
    pub(crate) fn flip(&mut self, salt: u32) -> bool {
        self.roll(salt) & 1 == 0
    }

    /// Whether a rare thing happens: an error, a panic.
    pub(crate) fn rare(&mut self, salt: u32) -> bool {
        self.roll(salt) & 7 == 0
    }

    /// The arm of a `match`, one of `arms`.
    pub(crate) fn pick(&mut self, arms: u32, salt: u32) -> u32 {
        (self.roll(salt) % u64::from(arms)) as u32
    }

    /// Whether a function may call another one: all calls together are bounded, and so is their depth.
    pub(crate) fn go(&mut self, depth: u32) -> bool {
        let go = depth < 4 && self.fuel > 0;
        self.fuel -= u32::from(go);
        go
    }

    /// The finalizer of splitmix64.
    fn roll(&mut self, salt: u32) -> u64 {
        self.rolls += 1;
        let mut mixed =
            self.seed ^ self.rolls.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(salt) << 40;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}
