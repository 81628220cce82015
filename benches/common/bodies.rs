//! The functions that are measured, written once for everyone who measures them.

/// Declares a module of small functions, with the attributes of whoever profiles them:
/// `bodies!(mod plain);` leaves them as they are, `bodies!(#[memline::profile] mod profiled);`
/// has them profiled.
///
/// Every statement stands on a line of its own, so each of them is one probe. The lines do next
/// to nothing and do not depend on each other, so that the cost of a probe cannot hide in the
/// latency of what it stands between.
macro_rules! bodies {
    ($(#[$attribute:meta])* mod $name:ident) => {
        $(#[$attribute])*
        mod $name {
            use std::hint::black_box;

            /// A call with one line in it.
            #[inline(never)]
            pub(crate) fn one_line(n: u64) {
                black_box(n);
            }

            /// A call with ten lines more than [`one_line`].
            #[inline(never)]
            pub(crate) fn eleven_lines(n: u64) {
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
                black_box(n);
            }

            /// A call whose line allocates 64 bytes and frees them.
            #[allow(dead_code, reason = "plain code may call the system's allocator instead")]
            #[inline(never)]
            pub(crate) fn allocates(_: u64) {
                drop(black_box(Vec::<u8>::with_capacity(64)));
            }

            /// A loop of `n` passes with one line each.
            #[inline(never)]
            pub(crate) fn passes(n: u64) {
                for i in 0..n {
                    black_box(i);
                }
            }

            /// A chain of iterators that calls a closure `n` times, on a line of its own.
            #[inline(never)]
            pub(crate) fn closures(n: u64) {
                (0..n)
                    .map(|i| black_box(i))
                    .for_each(drop);
            }

            /// A loop whose line allocates 64 bytes and frees them.
            #[allow(dead_code, reason = "plain code may call the system's allocator instead")]
            #[inline(never)]
            pub(crate) fn allocating_passes(n: u64) {
                for _ in 0..n {
                    drop(black_box(Vec::<u8>::with_capacity(64)));
                }
            }

            /// A future that is polled `n` times before it is ready.
            pub(crate) async fn polls(n: u64) {
                for _ in 0..n {
                    $crate::common::costs::Pending::once().await;
                }
            }
        }
    };
}
