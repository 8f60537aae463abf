//! What does not come along, and why.

use serde::{Deserialize, Serialize};

/// Most entries of what was left out; the same of many places is one.
const LEFT_OUT_MAX: usize = 100;
/// Most notes that are taken before they are put together.
const NOTES_MAX: usize = 10_000;

/// Something of the pasted text that has no field of its own in the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which: a field by its path, in the words of the text; never its value.
    pub what: String,
    /// Why, as a sentence.
    pub why: String,
}

/// What has been left out so far.
#[derive(Debug, Default)]
pub(super) struct Left {
    list: Vec<LeftOut>,
    beyond: usize,
}

impl Left {
    pub fn add(&mut self, what: impl Into<String>, why: &str) {
        if self.list.len() < NOTES_MAX {
            self.list.push(LeftOut { what: what.into(), why: why.to_owned() });
        } else {
            self.beyond += 1;
        }
    }

    /// How far the list has come, to go [`back`](Left::back) to.
    pub fn mark(&self) -> usize {
        self.list.len()
    }

    /// Forgets what was added since.
    pub fn back(&mut self, mark: usize) {
        self.list.truncate(mark);
    }

    pub fn has(&self, what: &str) -> bool {
        self.list.iter().any(|entry| entry.what == what)
    }

    pub fn finish(self) -> Vec<LeftOut> {
        let mut list: Vec<(LeftOut, usize)> = Vec::new();
        let mut beyond = self.beyond;
        for entry in self.list {
            let same =
                |known: &&mut (LeftOut, usize)| known.0.why == entry.why && last(&known.0.what) == last(&entry.what);
            if let Some((_, more)) = list.iter_mut().find(same) {
                *more += 1;
            } else if list.len() < LEFT_OUT_MAX {
                list.push((entry, 0));
            } else {
                beyond += 1;
            }
        }
        let mut list: Vec<_> = list
            .into_iter()
            .map(|(mut entry, more)| {
                if more > 0 {
                    entry.what = format!("{} and {more} more", entry.what);
                }
                entry
            })
            .collect();
        if beyond > 0 {
            list.push(LeftOut { what: format!("{beyond} more fields"), why: super::why::NO_PLACE.to_owned() });
        }
        list
    }
}

/// What a path ends with: the same of many messages is the same.
fn last(path: &str) -> &str {
    path.rsplit('.').next().map_or(path, |name| name.split('[').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_of_many_places_is_one_entry() {
        let mut left = Left::default();
        for n in 0..500 {
            left.add(format!("messages[{n}].name"), "why");
            left.add(format!("field{n}"), "why");
        }
        let list = left.finish();
        assert_eq!(list[0].what, "messages[0].name and 499 more");
        assert_eq!((list.len(), list.last().map(|entry| entry.what.as_str())), (101, Some("401 more fields")));
    }
}
