//! Uses memline's interface, which stays as it is: there is nothing to count and to report.

use memline::trace;

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
    let leak = memline::Leak::builder()
        .limit(2)
        .key(memline::Key::Type)
        .start();
    let report = leak.report();
    assert_eq!((report.bytes, report.top.len()), (0, 0));
    leak.stop();
    assert_eq!(trace::start(1), Err(trace::Error::Unsupported));
    assert_eq!(trace::stop(), Err(trace::Error::Unsupported));
    assert!(!trace::is_tracing() && trace::frames().is_none());
    assert!(trace::Snapshot::take().is_err() && trace::Snapshot::load("none").is_err());
    assert!(trace::every(std::time::Duration::ZERO, drop).is_err());
    assert!(trace::traceback_of(&raw const report).is_none());
    trace::clear();
    trace::reset_peak();
    assert_eq!((trace::current_and_peak(), trace::overhead()), ((0, 0), 0));
    memline::on_limit(1 << 40, trace::OnLimit::Report);
    let _ = trace::Filter::only().file("*").line(1).all_frames();
    let report = memline::report();
    assert!(report.functions.is_empty());
    println!("{}", report.to_json());
}
