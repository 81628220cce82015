//! The pages in a browser: what a user clicks, types and sees.
//!
//! Needs the feature `browser-tests`, and Debian's chromium and chromium-driver; `.ci/browser.sh`
//! installs and runs.
#![cfg(feature = "browser-tests")]

mod common;
#[path = "browser/driver.rs"]
mod driver;
#[path = "common/own.rs"]
mod own;
#[path = "browser/recording.rs"]
mod recording;
#[path = "browser/typed.rs"]
mod typed;

use driver::{Browser, Error};
use fantoccini::key::Key;

type Result = std::result::Result<(), Error>;

#[tokio::test]
async fn a_click_zooms_and_back_undoes_it() -> Result {
    let page = Browser::open(&recording::flame_graph("zoom")).await?;
    assert_eq!(page.text("#views [aria-selected=true] b").await?, "6.0 MiB");
    page.click(".frame[aria-label^='0x3000']").await?;
    page.wait_for("!document.querySelector('#reset').disabled")
        .await?;
    assert!(page.text("#detail").await?.contains("5.0 MiB (83.3 %)"));
    // Its callers stay above it, the root being one.
    page.wait_for("document.querySelectorAll('.frame.above').length === 3")
        .await?;
    page.back().await?;
    page.wait_for("document.querySelector('#reset').disabled")
        .await?;
    page.wait_for("document.querySelectorAll('.frame.above').length === 0")
        .await?;
    page.click(".frame[aria-label^='0x3000']").await?;
    page.click("#reset").await?;
    page.wait_for("document.querySelector('#reset').disabled")
        .await?;
    page.close().await
}

#[tokio::test]
async fn a_search_says_how_many_and_how_much() -> Result {
    let page = Browser::open(&recording::flame_graph("search")).await?;
    page.type_into("#search", "0x[34]000").await?;
    page.wait_for("document.querySelectorAll('.frame.match').length === 2")
        .await?;
    assert_eq!(page.text("#found").await?, "2 calls, 6.0 MiB, 100.0 %");
    page.type_into("#search", &Key::Escape.to_string()).await?;
    page.wait_for("document.querySelectorAll('.frame.match').length === 0")
        .await?;
    // What is no pattern is looked for as it stands.
    page.type_into("#search", "0x3000(").await?;
    page.wait_for("document.querySelector('#found').textContent.startsWith('0 calls')")
        .await?;
    page.close().await
}

#[tokio::test]
async fn views_and_threads_change_the_tree() -> Result {
    let page = Browser::open(&recording::flame_graph("views")).await?;
    page.click("#views [data-view=leaks]").await?;
    page.wait_for("document.querySelector('.frame.root').textContent === 'all: 1.0 MiB'")
        .await?;
    page.click("#views [data-view=total]").await?;
    page.wait_for("document.querySelector('.frame.root').textContent === 'all: 9.0 MiB'")
        .await?;
    page.back().await?;
    page.wait_for("document.querySelector('.frame.root').textContent === 'all: 1.0 MiB'")
        .await?;
    page.choose("#thread", "1").await?;
    page.wait_for("document.querySelector('#chart .nothing') !== null")
        .await?;
    page.choose("#thread", "2").await?;
    page.wait_for("document.querySelector('.frame.root').textContent === 'all: 1.0 MiB'")
        .await?;
    assert_eq!(page.text("#views [data-view=total] b").await?, "1.0 MiB");
    page.close().await
}

#[tokio::test]
async fn keys_do_what_the_help_says() -> Result {
    let page = Browser::open(&recording::flame_graph("keys")).await?;
    let first = "document.querySelector('.frame[aria-level=\"2\"]').getAttribute('aria-label')";
    page.wait_for(&format!("{first}.startsWith('0x1000')"))
        .await?;
    page.press("i").await?;
    page.wait_for(&format!("{first}.startsWith('0x3000')"))
        .await?;
    page.press("i").await?;
    page.wait_for(&format!("{first}.startsWith('0x1000')"))
        .await?;
    page.press("2").await?;
    page.wait_for("document.querySelector('#views [data-view=leaks]').ariaSelected === 'true'")
        .await?;
    page.press("1").await?;
    page.press("f").await?;
    page.wait_for("document.querySelector('#upwards').checked")
        .await?;
    let tops = "parseInt(document.querySelector('.frame.root').style.top) > 40";
    page.wait_for(tops).await?;
    page.press("f").await?;
    page.wait_for("!document.querySelector('#upwards').checked")
        .await?;
    // From the root down along the largest calls, and into the last.
    page.run("document.querySelector('.frame.root').focus()")
        .await?;
    for key in [Key::Down, Key::Down, Key::Down, Key::Enter] {
        page.press_active(&key.to_string()).await?;
    }
    page.wait_for("document.querySelectorAll('.frame.above').length === 3")
        .await?;
    page.press("s").await?;
    page.wait_for("document.querySelector('#facts').open")
        .await?;
    assert!(page.text("#facts").await?.contains("6.0 MiB in 2 blocks"));
    page.close().await
}

#[tokio::test]
async fn what_is_too_small_is_told() -> Result {
    let page = Browser::open(&recording::wide_flame_graph("wide")).await?;
    let rest = "document.querySelector('.frame.rest').textContent";
    page.wait_for(&format!("{rest}.startsWith('… ')")).await?;
    // 100 calls are kept of 3,001, the caller of all being one of them.
    page.wait_for(&format!("{rest}.includes('2901 smaller')"))
        .await?;
    let drawn = "document.querySelectorAll('.frame').length < 200";
    page.wait_for(drawn).await?;
    page.close().await
}

#[tokio::test]
async fn many_stacks_make_a_page_that_is_bounded() -> Result {
    let file = recording::large("large");
    let length = std::fs::metadata(&file)?.len();
    assert!(length < 4 << 20, "{length} bytes");
    let page = Browser::open(&file).await?;
    let all = "document.querySelector('.frame.root').textContent.startsWith('all: ')";
    page.wait_for(all).await?;
    page.wait_for("data.calls.length > 20000 && data.calls.length < 40001")
        .await?;
    page.wait_for("data.lives.length > 0 && data.lives.length <= 60000")
        .await?;
    page.wait_for("document.querySelectorAll('.frame').length < 5000")
        .await?;
    // Whatever is done to it, nothing gets lost.
    let sum = "data.rows.reduce((sum, row) => sum + row[9], 0) === tree.data.bytes";
    page.press("4").await?;
    page.press("i").await?;
    page.wait_for(&format!("state.invert && {sum}")).await?;
    page.drag("#strip svg", 0.25, 0.75).await?;
    let part = "state.range !== null && Math.abs(tree.data.bytes / (100000 * 600) - 0.5) < 0.05";
    page.wait_for(part).await?;
    page.close().await
}

#[tokio::test]
async fn a_table_sorts_searches_and_unfolds() -> Result {
    let page = Browser::open(&recording::table("table")).await?;
    let first = "document.querySelector('tbody tr').cells[1].textContent";
    page.wait_for(&format!("{first} === '5.0 MiB'")).await?;
    page.click("[data-by=bytes]").await?;
    page.wait_for(&format!("{first} === '1.0 MiB'")).await?;
    page.type_into("#search", "worker").await?;
    page.wait_for("document.querySelectorAll('tbody tr').length === 1")
        .await?;
    page.click("tbody summary").await?;
    page.wait_for("document.querySelector('tbody details').open")
        .await?;
    assert!(page.text("tbody ol").await?.contains("0x4000"));
    page.close().await
}

const ROOT: &str = "document.querySelector('.frame.root').textContent";

#[tokio::test]
async fn a_dragged_range_shows_what_was_allocated_in_it() -> Result {
    let page = Browser::open(&recording::over_time("range")).await?;
    // In total 10 MiB; five blocks were never freed by their time, and the last of the others.
    page.wait_for(&format!("{ROOT} === 'all: 6.0 MiB'")).await?;
    assert_eq!(page.text("#views [data-view=total] b").await?, "10.0 MiB");
    assert!(page.text("#whole").await?.contains("Whole time"));
    page.drag("#strip svg", 0.45, 0.83).await?;
    page.wait_for("location.hash.includes('range=')").await?;
    page.wait_for("!document.querySelector('#whole').disabled")
        .await?;
    // The blocks of the fifth to the eighth millisecond; of these two are of odd ones, and of the
    // others one lives at the end of the range.
    page.wait_for(&format!("{ROOT} === 'all: 3.0 MiB'")).await?;
    let view = "document.querySelector('#views [aria-selected=true] span').textContent";
    page.wait_for(&format!("{view} === 'At the range’s end'"))
        .await?;
    assert_eq!(page.text("#views [data-view=total] b").await?, "4.0 MiB");
    assert_eq!(page.text("#views [data-view=leaks] b").await?, "2.0 MiB");
    page.back().await?;
    page.wait_for(&format!("{ROOT} === 'all: 6.0 MiB'")).await?;
    page.close().await
}

#[tokio::test]
async fn the_keys_move_the_range_and_a_click_ends_it() -> Result {
    let page = Browser::open(&recording::over_time("range-keys")).await?;
    page.run("document.querySelector('.handle').focus()")
        .await?;
    page.press_active(&Key::End.to_string()).await?;
    // The last span alone, in which the last block was allocated.
    page.wait_for(&format!("{ROOT} === 'all: 1.0 MiB'")).await?;
    let now = "document.activeElement.getAttribute('aria-valuenow')";
    page.wait_for(&format!(
        "{now} === document.querySelectorAll('.handle')[0].getAttribute('aria-valuenow')"
    ))
    .await?;
    page.press_active(&Key::Left.to_string()).await?;
    page.wait_for(&format!("Number({now}) + 2 === data.spans.count"))
        .await?;
    page.press_active(&Key::Escape.to_string()).await?;
    page.wait_for(&format!("{ROOT} === 'all: 6.0 MiB'")).await?;
    page.drag("#strip svg", 0.2, 0.4).await?;
    page.wait_for(&format!("{ROOT} !== 'all: 6.0 MiB'")).await?;
    page.click("#strip svg").await?;
    page.wait_for(&format!("{ROOT} === 'all: 6.0 MiB'")).await?;
    page.press("w").await?;
    page.wait_for("document.querySelector('#whole').disabled")
        .await?;
    page.close().await
}

#[tokio::test]
async fn a_comparison_colours_what_grew_and_what_shrank() -> Result {
    let page = Browser::open(&recording::comparison("compared")).await?;
    page.wait_for(&format!("{ROOT} === 'all: +1.0 MiB'"))
        .await?;
    let class = |call: &str, class: &str| {
        format!(
            "document.querySelector('.frame[aria-label^=\"{call}\"]').classList.contains('{class}')"
        )
    };
    page.wait_for(&class("0x2000", "grew")).await?;
    page.wait_for(&class("0x3000", "shrank")).await?;
    page.wait_for(&class("0x4000", "shrank")).await?;
    page.click(".frame[aria-label^='0x3000']").await?;
    page.wait_for(
        "document.querySelector('#detail').textContent.includes('5.0 MiB → 4.0 MiB (−1.0 MiB)')",
    )
    .await?;
    page.type_into("#search", "0x4000").await?;
    page.wait_for("document.querySelector('#found').textContent === '1 call, −1.0 MiB'")
        .await?;
    page.choose("#thread", "2").await?;
    page.wait_for(&format!("{ROOT} === 'all: −1.0 MiB'"))
        .await?;
    // There is no range in it, and both recordings are in the statistics.
    page.wait_for("document.querySelector('.handle') === null")
        .await?;
    page.run("document.querySelector('#search').blur()").await?;
    page.press("s").await?;
    page.wait_for("document.querySelector('#facts').textContent.includes('BeforeAfter')")
        .await?;
    page.close().await
}

const LABELS: &str = "[...document.querySelectorAll('.frame')].map((frame) => \
                      frame.getAttribute('aria-label').split(',')[0].replace(/[a-z_]+::/g, ''))";

/// That the bars shown are these, in whatever order.
fn shows(labels: &[&str]) -> String {
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    format!("{LABELS}.sort().join(' ') === {:?}", labels.join(" "))
}

#[tokio::test]
async fn stacks_end_in_types_and_begin_with_them_inverted() -> Result {
    let page = Browser::open(&typed::page_of("types")).await?;
    page.wait_for(&format!("{LABELS}.includes('load')")).await?;
    page.wait_for("document.querySelector('.frame.type') === null")
        .await?;
    page.press("h").await?;
    page.wait_for(&shows(&["all", "load", "work"])).await?;
    page.press("t").await?;
    page.wait_for("document.querySelector('#types').checked")
        .await?;
    let typed = [
        "all",
        "load",
        "Vec<Particle>",
        "Vec<u8>",
        "work",
        "Vec<Particle>",
        "(type unknown)",
    ];
    page.wait_for(&shows(&typed)).await?;
    page.wait_for("document.querySelectorAll('.frame.type').length === 4")
        .await?;
    // The line at the foot has all types, the largest first.
    let foot = page.text("#detail").await?;
    let order = [
        "Particle> 4.0 MiB",
        "Vec<u8> 2.0 MiB",
        "(type unknown) 1.0 MiB",
    ];
    let found: Vec<_> = order.iter().filter_map(|part| foot.find(part)).collect();
    assert!(found.len() == 3 && found.is_sorted(), "{foot}");
    // Inverted, types come first, and below each is who allocates it.
    page.press("i").await?;
    let inverted = [
        "all",
        "Vec<Particle>",
        "load",
        "work",
        "Vec<u8>",
        "load",
        "(type unknown)",
        "work",
    ];
    page.wait_for(&shows(&inverted)).await?;
    page.click(".frame.type[aria-label*='Particle']").await?;
    page.wait_for(
        "document.querySelector('#detail').textContent.includes('4.0 MiB (57.1 %) in 2 blocks')",
    )
    .await?;
    page.back().await?;
    page.press("t").await?;
    page.wait_for(&shows(&["all", "load", "work"])).await?;
    page.back().await?;
    page.wait_for(&shows(&inverted)).await?;
    page.close().await
}

#[tokio::test]
async fn types_are_found_in_each_view_and_thread() -> Result {
    let page = Browser::open(&typed::page_of("types-found")).await?;
    // Without the lens a search knows functions alone.
    page.type_into("#search", "particle>").await?;
    let found = |text: &str| format!("document.querySelector('#found').textContent === '{text}'");
    page.wait_for(&found("0 calls, 0 B, 0.0 %")).await?;
    page.click("#types").await?;
    page.wait_for(&found("1 type, 4.0 MiB, 57.1 %")).await?;
    page.wait_for("document.querySelectorAll('.frame.match').length === 2")
        .await?;
    page.click("#views [data-view=leaks]").await?;
    page.wait_for(&found("1 type, 1.0 MiB, 50.0 %")).await?;
    page.click("#views [data-view=total]").await?;
    page.choose("#thread", "1").await?;
    page.wait_for(&found("1 type, 3.0 MiB, 60.0 %")).await?;
    page.click("#invert").await?;
    page.wait_for(&found("1 type, 3.0 MiB, 60.0 %")).await?;
    page.type_into("#search", "|work$").await?;
    page.choose("#thread", "").await?;
    page.wait_for(&found("2 calls, 1 type, 5.0 MiB, 71.4 %"))
        .await?;
    page.close().await
}

#[tokio::test]
async fn a_comparison_has_types_too() -> Result {
    let page = Browser::open(&typed::comparison("types-compared")).await?;
    page.press("t").await?;
    page.press("h").await?;
    page.press("i").await?;
    page.wait_for(&format!("{ROOT} === 'all: −3.0 MiB'"))
        .await?;
    let class = |label: &str, class: &str| {
        format!(
            "document.querySelector('.frame.type[aria-label*=\"{label}\"]').classList.contains('{class}')"
        )
    };
    page.wait_for(&class("Particle", "shrank")).await?;
    page.wait_for(&class("Vec<u8>", "same")).await?;
    let foot = page.text("#detail").await?;
    assert!(foot.contains("Particle> −3.0 MiB"), "{foot}");
    page.close().await
}
