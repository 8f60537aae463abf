//! Picking the run that another is compared with: its address, and what somebody pastes.

use domain::RunId;

/// How a run's id begins, and how many hex digits follow.
const PREFIX: &str = "run_";
const DIGITS: usize = 32;
/// How much of the end of an id tells runs apart for a reader: its beginning is the time.
const SHORT_CHARS: usize = 6;

/// The address of two runs compared.
#[must_use]
pub fn diff_address(old: RunId, new: RunId) -> String {
    format!("/runs/{old}..{new}")
}

/// The two runs that such an address ends with.
#[must_use]
pub fn pair(range: &str) -> Option<(RunId, RunId)> {
    let (old, new) = range.split_once("..")?;
    Some((old.parse().ok()?, new.parse().ok()?))
}

/// The first run that a text names: an id, or an address of the run on this server or another host of it.
#[must_use]
pub fn named(text: &str) -> Option<RunId> {
    text.match_indices(PREFIX).find_map(|(at, _)| text.get(at..at + PREFIX.len() + DIGITS)?.parse().ok())
}

/// The end of an id: enough to tell runs apart on a page.
#[must_use]
pub fn short(run: RunId) -> String {
    let id = run.to_string();
    format!("…{}", &id[id.len() - SHORT_CHARS..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "run_01010101010101010101010101010101";

    #[test]
    fn a7_an_address_names_two_runs() {
        let one: RunId = ONE.parse().expect("an id");
        let two = RunId::from_bytes([2; 16]);
        assert_eq!(pair(diff_address(one, two).trim_start_matches("/runs/")), Some((one, two)));
        for bad in [ONE.to_owned(), format!("{ONE}.."), format!("{ONE}..x"), format!("{ONE}...{ONE}"), String::new()] {
            assert_eq!(pair(&bad), None, "{bad}");
        }
        assert_eq!(short(one), "…010101");
    }

    #[test]
    fn a_run_is_found_in_whatever_is_pasted() {
        let one = ONE.parse().ok();
        for text in [
            ONE.to_owned(),
            format!("  {ONE}\n"),
            format!("http://127.0.0.1:3000/runs/{ONE}?view=wire"),
            format!("the run_ of today, {ONE}."),
            format!("{ONE}..run_02020202020202020202020202020202"),
        ] {
            assert_eq!(named(&text), one, "{text}");
        }
        for text in
            ["", "run_", "run_0101", "prm_01010101010101010101010101010101", "run_é1010101010101010101010101010101"]
        {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
