//! Pages stay small whatever there is, and fit small screens.

use super::{ANY, BUGS, deliver, labeled, window::Window};
use crate::support::{Gate, Project};

#[test]
fn nothing_is_wider_than_a_phone() {
    let project =
        Project::new("").agent("triage", BUGS, "true").agent("an-agent-with-quite-a-long-name", ANY, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "nothing_is_wider_than_a_phone") else { return };
    let id = deliver(&gate, "one", &labeled(&"Supercalifragilistic".repeat(10), "bug"));
    window.resize(390, 844);
    for path in super::screenshots::PATHS {
        window.go(&path.replace("{delivery}", &id));
        let width = window.js("return document.documentElement.scrollWidth", &[]);
        assert!(width.as_u64().unwrap() <= 390, "{path} is {width} wide");
        assert!(window.has(".bottom a"), "{path}");
    }
    window.is_content();
}

/// The part of the light that a colour like `#1f55d0` sends back, as WCAG 2 counts it.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
    let linear = |part: f64| if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
}

#[test]
fn every_text_stands_out_from_every_ground_in_both_themes() {
    let css = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let css = std::fs::read_to_string(css.join("src/http/admin/dashboard/assets/app.css")).unwrap();
    let (light, rest) = css.split_once("@media").unwrap();
    let dark = rest.split_once(":root[data-theme=\"dark\"]").unwrap().1;
    for (theme, tokens) in [("light", light), ("dark", dark)] {
        let colour = |name: &str| {
            let value = tokens.split_once(&format!("--{name}: ")).unwrap().1;
            luminance(&value[..7])
        };
        for text in ["text", "muted", "accent", "blue", "green", "amber", "violet", "red", "grey"] {
            for ground in ["bg", "surface", "raised", "accent-soft"] {
                let (one, other) = (colour(text), colour(ground));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 4.5, "{text} on {ground} is {contrast:.2} in the {theme} theme");
            }
        }
    }
}
