//! Uses memline's interface, which stays as it is: there is nothing to count and to report.

#[memline::profile(peak = "0 B", allocs = 0, retained = 0)]
fn keep() -> Vec<u8> {
    let kept = vec![0u8; 1000];
    kept
}

fn main() {
    memline::Config::new().precision(2).install();
    let measured = memline::measure(|| keep().len());
    assert_eq!(measured.value, 1000);
    assert_eq!((measured.peak, measured.stats.bytes_allocated), (0, 0));
    assert!(!memline::is_installed());
    assert_eq!(memline::stats().allocations, 0);
    assert_eq!(memline::process_stats().bytes_allocated, 0);
    assert_eq!((memline::live(), memline::peak()), (0, 0));
    // Nothing is counted, so that nothing is too much.
    let kept = memline::assert_peak!("0 B", memline::assert_allocs!(0, keep()));
    memline::assert_no_leaks!(keep().len());
    assert_eq!(memline::size_of_clone(&kept), memline::HeapSize::default());
    assert_eq!(memline::size_of_dropped(kept).bytes, 0);
    memline::mark!("nobody {}", "hears");
    let usage = memline::memory_usage().run(|| keep().len());
    assert_eq!(usage.value, 1000);
    memline::reset();
    let report = memline::report();
    assert!(report.functions.is_empty());
    println!("{}", report.to_json());
}
