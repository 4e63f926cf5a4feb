//! `*` in names of repositories and branches.

/// Whether `pattern` fits all of `text`, where `*` stands for any run of letters, `/` among them.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    fits_by(pattern.as_bytes(), text.as_bytes(), u8::eq)
}

/// Like [`fits`], with `A` for `a` and the like.
pub(super) fn fits_ignoring_case(pattern: &str, text: &str) -> bool {
    fits_by(pattern.as_bytes(), text.as_bytes(), u8::eq_ignore_ascii_case)
}

/// A star first takes nothing, and one byte more each time what follows does not fit. A later star
/// makes the choices of all earlier ones final: no text that they could give back is of use to it.
/// So the time is linear in the text for a given pattern, at worst one times the other.
fn fits_by(pattern: &[u8], text: &[u8], same: fn(&u8, &u8) -> bool) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                star = Some((at, place));
            }
            Some(wanted) if same(wanted, &text[place]) => {
                at += 1;
                place += 1;
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (at, place) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_takes_any_run_of_letters() {
        for (pattern, text, expected) in [
            ("main", "main", true),
            ("main", "mains", false),
            ("main", "Main", false),
            ("release/*", "release/1.2/rc", true),
            ("release/*", "release/", true),
            ("release/*", "release", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*/fix-*", "mira/ü/fix-1", true),
            ("a*b*c", "abbcbc", true),
            ("a*b*c", "abbcb", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
        assert!(fits_ignoring_case("acme/*", "ACME/App"));
        assert!(!fits_ignoring_case("acme/*", "ACM/App"));
    }

    #[test]
    fn many_stars_on_a_long_text_cost_no_more_than_one_times_the_other() {
        let text = "a".repeat(20_000);
        let pattern = "*a".repeat(200) + "b";
        // With a choice at each star this would outlast the universe.
        assert!(!fits(&pattern, &text));
    }

    /// By definition: a star takes nothing, or one byte and the rest again.
    fn fits_slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if fits_slowly(rest, text) => true,
            (Some((b'*', _)), Some((_, shorter))) => fits_slowly(pattern, shorter),
            (Some((wanted, rest)), Some((byte, shorter))) => wanted == byte && fits_slowly(rest, shorter),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(fits(&pattern, &text), fits_slowly(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn ignoring_case_is_matching_lower_case(pattern in "[aAb*]{0,8}", text in "[abB]{0,10}") {
            let lower = fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase());
            prop_assert_eq!(fits_ignoring_case(&pattern, &text), lower);
        }
    }
}
