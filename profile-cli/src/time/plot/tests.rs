use super::*;
use crate::time::curves::tests::curves;

/// The texts of a picture, from its beginning.
fn texts(svg: &str) -> Vec<&str> {
    let parts = svg.split("<text ").skip(1);
    parts
        .filter_map(|part| {
            let (_, text) = part.split_once('>')?;
            Some(text.split_once("</text>")?.0.trim())
        })
        .collect()
}

fn picture(functions: Functions) -> Picture {
    Picture {
        curves: vec![curves()],
        title: "app <1>".to_owned(),
        slope: true,
        functions,
    }
}

fn svg(functions: Functions) -> String {
    picture(functions).svg().expect("it can be drawn")
}

#[test]
fn the_legend_tells_peaks_durations_and_children() {
    let svg = svg(Functions::Brackets);
    let texts = texts(&svg);
    for expected in [
        "app &lt;1&gt;",
        "time (s)",
        "memory (MiB)",
        "phase &lt;2&gt;",
        "resident set (RSS)",
        "highest: 50.0 MiB at 2.00 s",
        "live heap, up to 25.0 MiB at 2.00 s",
        "trend: +8.0 MiB per second",
        "child 77, up to 30.0 MiB",
        "app::load 3.00 s",
        "&lt;app::T as app::Run&gt;::run 1.00 s, 5 calls",
    ] {
        assert!(texts.contains(&expected), "{expected}: {texts:?}");
    }
}

/// The points of all lines of a colour.
fn lines(svg: &str, colour: &str) -> Vec<usize> {
    let lines = svg.split("<polyline ").skip(1);
    lines
        .filter(|line| {
            line.split("/>")
                .next()
                .is_some_and(|line| line.contains(colour))
        })
        .filter_map(|line| Some(line.split_once("points=\"")?.1.split_once('"')?.0))
        .map(|points| points.split_whitespace().count())
        .collect()
}

#[test]
fn curves_have_their_points_and_functions_their_brackets() {
    let with = svg(Functions::Brackets);
    // Five samples; what else has this colour belongs to the legend and the trend.
    assert_eq!(
        lines(&with, "#1F5FA8").iter().filter(|n| **n == 5).count(),
        1
    );
    assert_eq!(
        lines(&with, "#2C9C5A").iter().filter(|n| **n == 5).count(),
        1
    );
    // Three samples of the child.
    assert!(lines(&with, "#17A2B8").contains(&3), "{with}");
    // Two brackets each, and two in the legend.
    for colour in ["#D62728", "#9467BD"] {
        let brackets = |svg: &str| lines(svg, colour).iter().filter(|n| **n == 4).count();
        assert_eq!(brackets(&with), 4, "{colour}");
        assert_eq!(brackets(&svg(Functions::None)), 0, "{colour}");
    }
    let without = svg(Functions::None);
    assert!(!texts(&without).iter().any(|text| text.contains("load")));
}

#[test]
fn bars_make_the_picture_higher() {
    let height = |svg: &str| svg.contains("<svg width=\"1200\" height=\"600\"");
    assert!(height(&svg(Functions::Brackets)));
    let bars = svg(Functions::Bars);
    assert!(
        bars.contains("<svg width=\"1200\" height=\"654\""),
        "{bars}"
    );
    assert!(texts(&bars).contains(&"load"));
}

#[test]
fn one_sample_is_a_picture_too() {
    let mut one = curves();
    one.timeline.samples.truncate(1);
    one.timeline.children.clear();
    let picture = Picture {
        curves: vec![one, curves()],
        ..Picture::default()
    };
    let svg = picture.svg().expect("it can be drawn");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert!(texts(&svg).contains(&"memline-app.1.memline"));
}

#[test]
fn png_is_an_image_of_that_size_with_colours_and_letters() {
    let png = picture(Functions::Brackets).png().expect("it can be drawn");
    let decoder = png::Decoder::new(&png[..]);
    let mut reader = decoder.read_info().expect("it is an image");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("it is whole");
    assert_eq!((info.width, info.height), (1200, 600));
    let pixel = |wanted: [u8; 3]| pixels.chunks(3).filter(|pixel| **pixel == wanted).count();
    assert!(pixel([0x1f, 0x5f, 0xa8]) > 500, "the curve");
    // The title's row holds nothing but letters.
    let title = pixels.chunks(3 * 1200).take(30).flatten();
    assert!(
        title.filter(|value| **value < 128).count() > 100,
        "the title"
    );
}

#[test]
fn a_page_holds_the_picture_and_its_figures() {
    let picture = picture(Functions::Brackets);
    let page = html::page(&picture, &picture.svg().expect("it can be drawn"));
    for expected in [
        "<title>app &lt;1&gt; – memory over time</title>",
        "<svg ",
        "<td>highest RSS</td><td>50.0 MiB</td><td>at 2.00 s</td>",
        "<td>phase &lt;2&gt;</td><td>50.0 MiB</td>",
        "<td>app::load</td><td>1 ×</td><td>3.00 s</td>",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(
        !page.contains("http://") || page.matches("http").count() == 1,
        "only the SVG's name"
    );
}

#[test]
fn the_form_follows_the_name() {
    let check = |name: &str, form| assert_eq!(Form::of(Path::new(name)).ok(), form, "{name}");
    check("a.svg", Some(Form::Svg));
    check("a.b.PNG", Some(Form::Png));
    check("a.htm", Some(Form::Html));
    check("a.jpg", None);
    check("svg", None);
    assert_eq!(
        default(&["x/memline-app.12.memline".into()]),
        Path::new("memline-plot-app.12.svg")
    );
}
