//! The prompts of one workspace, in memory, to be found by a few letters: typing mistakes, the order of words and accents
//! do not matter.
//!
//! Every distinct word of names, tags and texts stands here once, with the prompts that have it. A search looks at each
//! distinct word for each word that was typed, and then only at the prompts of those that fit: 100,000 prompts have far
//! fewer words than words in them. What a search runs through lies in lists of its own, a few bytes for each prompt.

use std::collections::{BTreeMap, HashMap};

use domain::PromptId;
use domain::prompt::{PromptFilter, Shelves};

use super::best::{After, Best};
use super::entry::{Entry, Known};
use super::fold::{Reader, folded};
use super::vocabulary::{Vocabulary, retain};
use super::wanted::{INSIDE_CHARS_MIN, Wanted, letters};

/// Entries of former states of prompts, beyond which the index is made anew.
const DEAD_MAX: usize = 1_024;

/// What a filter asks of a prompt.
#[derive(Debug, Clone, Copy)]
struct Row {
    id: PromptId,
    updated_at: i64,
    marks: Marks,
}

/// What a prompt is, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks(u8);

impl Marks {
    /// A former state of a prompt, or one that was taken out.
    const DEAD: u8 = 1;
    const ARCHIVED: u8 = 1 << 1;
    const FAVOURITE: u8 = 1 << 2;
    const EXAMPLE: u8 = 1 << 3;

    fn of(entry: &Entry) -> Self {
        let bit = |is: bool, bit| if is { bit } else { 0 };
        Self(
            bit(entry.archived, Self::ARCHIVED)
                | bit(entry.favourite, Self::FAVOURITE)
                | bit(entry.example, Self::EXAMPLE),
        )
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

impl Row {
    fn admits(&self, filter: &PromptFilter) -> bool {
        !self.marks.has(Marks::DEAD)
            && self.marks.has(Marks::ARCHIVED) == filter.archived
            && (!filter.favourite || self.marks.has(Marks::FAVOURITE))
            && (!filter.example || self.marks.has(Marks::EXAMPLE))
            && filter.from.is_none_or(|from| self.updated_at >= from)
            && filter.to.is_none_or(|to| self.updated_at < to)
    }
}

/// The prompts of one workspace.
#[derive(Default)]
pub struct Index {
    rows: Vec<Row>,
    known: Vec<Known>,
    /// Folded, with the letters that each has.
    names: Vec<(u64, Box<str>)>,
    by_id: HashMap<PromptId, u32>,
    by_tag: BTreeMap<Box<str>, Vec<u32>>,
    words: Vocabulary,
    dead: usize,
}

impl Index {
    /// What is known of a prompt.
    #[must_use]
    pub fn get(&self, id: PromptId) -> Option<&Known> {
        self.by_id.get(&id).map(|at| &self.known[*at as usize])
    }

    /// When a prompt was last changed, as far as is known here.
    #[must_use]
    pub fn updated_at(&self, id: PromptId) -> Option<i64> {
        self.by_id.get(&id).map(|at| self.rows[*at as usize].updated_at)
    }

    /// Puts a prompt in, in the place of what was known of it.
    pub fn put(&mut self, entry: Entry) {
        let Some(id) = entry.id else { return };
        let at = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if let Some(former) = self.by_id.insert(id, at) {
            self.bury(former);
        }
        each(&entry.name, |word| push(&mut self.words.places(word).names, at));
        entry.tags.iter().for_each(|tag| each(tag, |word| push(&mut self.words.places(word).tags, at)));
        each(&entry.text, |word| push(&mut self.words.places(word).texts, at));
        let marks = Marks::of(&entry);
        for tag in entry.tags {
            push(self.by_tag.entry(tag.into_boxed_str()).or_default(), at);
        }
        let name = folded(&entry.name).into_boxed_str();
        self.names.push((letters(&name), name));
        self.rows.push(Row { id, updated_at: entry.updated_at, marks });
        let Entry { archived, example, head, labels, .. } = entry;
        self.known.push(Known { archived, example, head, labels });
        self.sweep();
    }

    /// Takes a prompt out.
    pub fn remove(&mut self, id: PromptId) {
        if let Some(former) = self.by_id.remove(&id) {
            self.bury(former);
            self.sweep();
        }
    }

    fn bury(&mut self, former: u32) {
        self.rows[former as usize].marks.0 |= Marks::DEAD;
        self.dead += 1;
    }

    /// Takes out what former states of prompts have left, where that is more than what there is.
    fn sweep(&mut self) {
        if self.dead <= DEAD_MAX || self.dead <= self.rows.len() / 2 {
            return;
        }
        let keep: Vec<bool> = self.rows.iter().map(|row| !row.marks.has(Marks::DEAD)).collect();
        let mut next = 0_u32;
        let numbers: Vec<Option<u32>> = keep
            .iter()
            .map(|keep| {
                let number = keep.then_some(next);
                next += u32::from(*keep);
                number
            })
            .collect();
        let number = |at: u32| numbers[at as usize];
        retain(&mut self.rows, &keep);
        retain(&mut self.known, &keep);
        retain(&mut self.names, &keep);
        self.words.renumber(number);
        self.by_tag.retain(|_, list| {
            list.retain_mut(|at| number(*at).map(|new| *at = new).is_some());
            !list.is_empty()
        });
        self.by_id.values_mut().for_each(|at| *at = number(*at).unwrap_or(u32::MAX));
        self.dead = 0;
    }

    /// Gives back memory that was taken for more, once many prompts were put in.
    pub fn settle(&mut self) {
        self.words.settle();
        self.rows.shrink_to_fit();
        self.known.shrink_to_fit();
        self.names.shrink_to_fit();
    }

    /// A page of the prompts that the filter admits, the best first, with where the next page begins and how many there
    /// are in all.
    #[must_use]
    pub fn list(&self, filter: &PromptFilter, after: Option<After>, limit: usize) -> (Vec<After>, usize) {
        let wanted = Wanted::all(&filter.query);
        let mut best = Best::new(after, limit);
        if filter.query.trim().is_empty() {
            self.offer(&mut best, filter, |_| Some(0));
        } else if !wanted.is_empty() {
            let scores = self.scores(&wanted);
            self.offer(&mut best, filter, |at| Some(scores[at]).filter(|score| *score > 0));
            if best.total == 0 {
                self.loose(&mut best, filter);
            }
        }
        let total = best.total;
        (best.in_order(), total)
    }

    /// Offers those that the filter admits and the score does.
    fn offer(&self, best: &mut Best, filter: &PromptFilter, score: impl Fn(usize) -> Option<u32>) {
        let mut offer = |at: usize, row: &Row| {
            if let Some(score) = score(at)
                && row.admits(filter)
            {
                best.offer((score, row.updated_at, row.id));
            }
        };
        match &filter.tag {
            None => self.rows.iter().enumerate().for_each(|(at, row)| offer(at, row)),
            Some(tag) => {
                let tagged = self.by_tag.get(tag.as_str()).into_iter().flatten();
                tagged.for_each(|at| offer(*at as usize, &self.rows[*at as usize]));
            }
        }
    }

    /// How well each prompt fits; 0 where one of the words is not in it.
    fn scores(&self, wanted: &[Wanted]) -> Vec<u32> {
        let mut total = vec![0_u32; self.rows.len()];
        let mut best = vec![0_u32; self.rows.len()];
        for (n, wanted) in wanted.iter().enumerate() {
            best.fill(0);
            let mut reach = |list: &[u32], score: u32| {
                for at in list {
                    let best = &mut best[*at as usize];
                    *best = (*best).max(score);
                }
            };
            for (places, fits) in self.words.that_fit(wanted) {
                reach(&places.names, fits * 8);
                reach(&places.tags, fits * 6);
                reach(&places.texts, fits * 2);
            }
            for (total, best) in total.iter_mut().zip(&best) {
                *total = if *best == 0 || (n > 0 && *total == 0) { 0 } else { *total + best };
            }
        }
        total
    }

    /// Letters in their order, anywhere in the name: where nothing else was found.
    fn loose(&self, best: &mut Best, filter: &PromptFilter) {
        let typed: Vec<char> = folded(&filter.query).chars().filter(|letter| !letter.is_whitespace()).collect();
        if typed.len() < INSIDE_CHARS_MIN {
            return;
        }
        let all = letters(&typed.iter().collect::<String>());
        let has = |at: usize| {
            let (letters, name) = &self.names[at];
            let mut rest = name.chars();
            all & !letters == 0 && typed.iter().all(|wanted| rest.any(|letter| letter == *wanted))
        };
        self.offer(best, filter, |at| has(at).then_some(1));
    }

    /// How many stand where.
    #[must_use]
    pub fn shelves(&self) -> Shelves {
        let mut shelves = Shelves::default();
        for row in self.rows.iter().filter(|row| !row.marks.has(Marks::DEAD)) {
            if row.marks.has(Marks::ARCHIVED) {
                shelves.archived += 1;
                continue;
            }
            shelves.all += 1;
            shelves.favourites += u64::from(row.marks.has(Marks::FAVOURITE));
            shelves.examples += u64::from(row.marks.has(Marks::EXAMPLE));
        }
        let shown = |at: &&u32| !self.rows[**at as usize].marks.has(Marks::DEAD | Marks::ARCHIVED);
        let tags = self.by_tag.iter().map(|(tag, list)| (tag.to_string(), list.iter().filter(shown).count() as u64));
        shelves.tags = tags.filter(|(_, count)| *count > 0).collect();
        shelves
    }
}

/// Calls with every word of a text.
fn each(text: &str, mut with: impl FnMut(&str)) {
    let mut reader = Reader::new(text);
    while reader.read().is_some() {
        with(&reader.word);
    }
}

/// Adds a place once: the words of one prompt come one after another.
fn push(list: &mut Vec<u32>, at: u32) {
    if list.last() != Some(&at) {
        list.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> PromptId {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&n.to_be_bytes());
        PromptId::from_bytes(bytes)
    }

    fn index(prompts: &[(&str, &str, &str)]) -> Index {
        let mut index = Index::default();
        for (n, (name, tags, text)) in (0..).zip(prompts) {
            let tags = tags.split_whitespace().map(str::to_owned).collect();
            let (name, text) = ((*name).to_owned(), (*text).to_owned());
            index.put(Entry {
                id: Some(id(n)),
                name,
                tags,
                text,
                updated_at: i64::from(n),
                head: 1,
                ..Entry::default()
            });
        }
        index
    }

    /// The names of what is found, folded.
    fn found<'a>(index: &'a Index, query: &str) -> Vec<&'a str> {
        let filter = PromptFilter { query: query.into(), ..PromptFilter::default() };
        let (places, _) = index.list(&filter, None, 50);
        places.iter().map(|(.., id)| &*index.names[index.by_id[id] as usize].1).collect()
    }

    #[test]
    fn a8_finds_by_beginnings_mistakes_and_in_any_order() {
        let index = index(&[
            ("Clause review", "legal eu", "You are a contracts analyst"),
            ("Claims reviewer", "insurance", "Read the claim and the policy"),
            ("Étude über Größe", "music", "Quand la mer monte"),
            ("Weekly report", "writing", "Sum up the clauses of the week"),
        ]);
        let [clause, claims, etude, weekly] =
            ["clause review", "claims reviewer", "etude uber grosse", "weekly report"];
        assert_eq!(found(&index, "cla rev"), [clause, claims]);
        assert_eq!(found(&index, "review clause"), [clause]);
        assert_eq!(found(&index, "caluse"), [clause, weekly], "two letters swapped");
        assert_eq!(found(&index, "insurence"), [claims]);
        assert_eq!(found(&index, "etude grosse"), [etude]);
        assert_eq!(found(&index, "contracts")[0], clause);
        assert_eq!(found(&index, "legal"), [clause]);
        assert_eq!(found(&index, "wkrep"), [weekly], "letters of the name, in their order");
        assert_eq!(found(&index, ""), [weekly, etude, claims, clause]);
        assert!(found(&index, "zzzz").is_empty() && found(&index, "…").is_empty());
    }

    #[test]
    fn a8_pages_have_everything_once() {
        let names: Vec<String> = (0..100).map(|n| format!("note {n}")).collect();
        let prompts: Vec<_> = names.iter().map(|name| (name.as_str(), "", "")).collect();
        let index = index(&prompts);
        for query in ["", "note"] {
            let filter = PromptFilter { query: query.into(), ..PromptFilter::default() };
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let (page, total) = index.list(&filter, after, 7);
                assert_eq!(total, 100);
                if page.is_empty() {
                    break;
                }
                after = page.last().copied();
                seen.extend(page);
            }
            seen.dedup();
            assert_eq!(seen.len(), 100, "{query}");
        }
    }

    #[test]
    fn what_is_put_again_stands_once() {
        let mut index = index(&[("first", "a", "old words")]);
        for n in 0..3_000 {
            let name = format!("state {n}");
            index.put(Entry { id: Some(id(0)), name, text: "new words".into(), updated_at: n, ..Entry::default() });
        }
        assert_eq!(found(&index, ""), ["state 2999"]);
        assert!(found(&index, "old").is_empty() && index.rows.len() < 2_500);
        assert_eq!(found(&index, "words"), ["state 2999"]);
    }

    #[test]
    fn what_is_taken_out_is_found_no_more() {
        let mut index = index(&[("kept", "both", "words"), ("gone", "both", "words")]);
        index.remove(id(1));
        assert_eq!(found(&index, "words"), ["kept"]);
        assert!(index.get(id(1)).is_none());
        assert_eq!(index.shelves().tags, [("both".to_owned(), 1)]);
    }

    #[test]
    fn a8_a_tag_narrows_a_search_and_shelves_count_what_is_shown() {
        let mut index = index(&[("one", "red blue", "clause"), ("two", "red", "clause"), ("three", "blue", "other")]);
        let names = |index: &Index, tag: &str, query: &str| {
            let filter = PromptFilter { query: query.into(), tag: Some(tag.into()), ..PromptFilter::default() };
            index.list(&filter, None, 50).1
        };
        assert_eq!(
            [names(&index, "red", "clause"), names(&index, "blue", "clause"), names(&index, "blue", "")],
            [2, 1, 2]
        );
        assert_eq!([names(&index, "re", ""), names(&index, "green", "")], [0, 0], "a tag is meant whole");
        index.put(Entry { id: Some(id(1)), name: "two".into(), archived: true, ..Entry::default() });
        let shelves = index.shelves();
        assert_eq!((shelves.all, shelves.archived), (2, 1));
        assert_eq!(shelves.tags, [("blue".to_owned(), 2), ("red".to_owned(), 1)]);
    }
}
