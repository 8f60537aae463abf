//! The prompts of one workspace, in memory, to be found by a few letters: typing mistakes, the order of words and accents
//! do not matter.
//!
//! Every distinct word of names, tags and texts stands here once, with the prompts that have it. A search looks at each
//! distinct word for each word that was typed, and then only at the prompts of those that fit: 100,000 prompts have far
//! fewer words than words in them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use domain::prompt::{PromptFilter, Shelves};
use domain::{PromptId, Which};

use super::fold::{folded, words};

/// Most words that are searched for at a time.
const QUERY_WORDS_MAX: usize = 8;
/// Shortest word in which one mistake is forgiven, in characters.
const ONE_MISTAKE_CHARS_MIN: usize = 4;
/// Shortest word in which two are.
const TWO_MISTAKES_CHARS_MIN: usize = 8;
/// Shortest word that is looked for inside of others, in characters.
const INSIDE_CHARS_MIN: usize = 3;
/// Longest word that is compared letter by letter, in characters.
const COMPARED_CHARS_MAX: usize = 32;
/// Entries of former states of prompts, beyond which the index is made anew.
const DEAD_MAX: usize = 1_024;

/// What the index knows of a prompt.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Its id.
    pub id: Option<PromptId>,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The texts of its newest version, cut to a bound. Taken into the index, not kept.
    pub text: String,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// Whether it is an example that nobody has changed.
    pub example: bool,
    /// When it was last changed.
    pub updated_at: i64,
    /// The number of its newest version.
    pub head: u32,
    /// Its labels.
    pub labels: BTreeMap<String, u32>,
}

impl Entry {
    /// The number of a version.
    #[must_use]
    pub fn number(&self, which: &Which) -> Option<u32> {
        match which {
            Which::Head => Some(self.head),
            Which::Number(number) => Some(*number).filter(|number| (1..=self.head).contains(number)),
            Which::Label(label) => self.labels.get(label).copied(),
        }
    }

    fn admits(&self, filter: &PromptFilter) -> bool {
        self.archived == filter.archived
            && (!filter.favourite || self.favourite)
            && (!filter.example || self.example)
            && filter.tag.as_ref().is_none_or(|tag| self.tags.contains(tag))
            && filter.from.is_none_or(|from| self.updated_at >= from)
            && filter.to.is_none_or(|to| self.updated_at < to)
    }
}

/// A distinct word, and where it stands.
struct Word {
    text: Box<str>,
    /// Which letters it has: what lacks two of them is not one mistake away.
    letters: u64,
    names: Vec<u32>,
    tags: Vec<u32>,
    texts: Vec<u32>,
}

/// A word that is looked for.
pub struct Wanted {
    chars: Vec<char>,
    text: String,
    letters: u64,
}

impl Wanted {
    /// The words of a query.
    #[must_use]
    pub fn all(query: &str) -> Vec<Self> {
        let wanted = words(query).take(QUERY_WORDS_MAX).map(|word| Self {
            chars: word.folded.chars().collect(),
            letters: letters(&word.folded),
            text: word.folded,
        });
        wanted.collect()
    }

    /// How well a word fits: 0, not at all.
    fn fits(&self, word: &str, word_letters: u64) -> u32 {
        if let Some(rest) = word.strip_prefix(self.text.as_str()) {
            return if rest.is_empty() { 120 } else { 100 - (rest.len() as u32).min(20) };
        }
        if self.chars.len() >= INSIDE_CHARS_MIN && word.len() > self.text.len() && word.contains(self.text.as_str()) {
            return 40;
        }
        let forgiven = match self.chars.len() {
            TWO_MISTAKES_CHARS_MIN.. => 2,
            ONE_MISTAKE_CHARS_MIN.. => 1,
            _ => return 0,
        };
        if (self.letters & !word_letters).count_ones() > forgiven || self.chars.len() > COMPARED_CHARS_MAX {
            return 0;
        }
        match mistakes(&self.chars, word, forgiven as usize) {
            Some(1) => 60,
            Some(_) => 30,
            None => 0,
        }
    }

    /// How many characters of a word fit, from its beginning: for the eye.
    #[must_use]
    pub fn marks(&self, word: &str) -> Option<(usize, usize)> {
        let length = word.chars().count();
        match self.fits(word, letters(word)) {
            0 => None,
            40 => {
                let at = word.find(self.text.as_str()).map_or(0, |at| word[..at].chars().count());
                Some((at, at + self.chars.len()))
            }
            80.. => Some((0, self.chars.len().min(length))),
            _ => Some((0, length)),
        }
    }
}

fn letters(word: &str) -> u64 {
    word.chars().fold(0, |mask, letter| mask | 1 << (u32::from(letter) % 64))
}

/// How many letters must be changed, added, left out or swapped until `typed` is a beginning of `word`, if no more than
/// `most`. (Optimal string alignment, with the end of the word left open.)
fn mistakes(typed: &[char], word: &str, most: usize) -> Option<usize> {
    let width = typed.len();
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=width).collect());
    let mut best = last[width];
    let mut previous = '\0';
    for (row, letter) in word.chars().take(width + most).enumerate() {
        let mut now = Vec::with_capacity(width + 1);
        now.push(row + 1);
        for column in 1..=width {
            let same = usize::from(typed[column - 1] != letter);
            let mut cost = (last[column] + 1).min(now[column - 1] + 1).min(last[column - 1] + same);
            if row > 0 && column > 1 && typed[column - 1] == previous && typed[column - 2] == letter {
                cost = cost.min(before[column - 2] + 1);
            }
            now.push(cost);
        }
        best = best.min(now[width]);
        if now.iter().min().is_some_and(|least| *least > most) {
            break;
        }
        (before, last) = (last, now);
        previous = letter;
    }
    (best <= most).then_some(best)
}

/// Where a page of a list begins: after this.
pub type After = (u32, i64, PromptId);

/// The prompts of one workspace.
#[derive(Default)]
pub struct Index {
    entries: Vec<Entry>,
    names: Vec<String>,
    by_id: HashMap<PromptId, u32>,
    by_word: HashMap<Box<str>, u32>,
    words: Vec<Word>,
    dead: usize,
}

impl Index {
    /// What is known of a prompt.
    #[must_use]
    pub fn get(&self, id: PromptId) -> Option<&Entry> {
        self.by_id.get(&id).map(|at| &self.entries[*at as usize])
    }

    /// Puts a prompt in, in the place of what was known of it.
    pub fn put(&mut self, mut entry: Entry) {
        let Some(id) = entry.id else { return };
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if let Some(former) = self.by_id.insert(id, at) {
            self.entries[former as usize].id = None;
            self.dead += 1;
        }
        for word in words(&entry.name) {
            push(&mut self.word(word.folded).names, at);
        }
        for word in entry.tags.clone().iter().flat_map(|tag| words(tag)) {
            push(&mut self.word(word.folded).tags, at);
        }
        let text = std::mem::take(&mut entry.text);
        for word in words(&text) {
            push(&mut self.word(word.folded).texts, at);
        }
        self.names.push(folded(&entry.name));
        self.entries.push(entry);
        if self.dead > DEAD_MAX && self.dead > self.entries.len() / 2 {
            self.sweep();
        }
    }

    fn word(&mut self, folded: String) -> &mut Word {
        let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let at = *self.by_word.entry(folded.into_boxed_str()).or_insert_with_key(|text| {
            let letters = letters(text);
            self.words.push(Word {
                text: text.clone(),
                letters,
                names: Vec::new(),
                tags: Vec::new(),
                texts: Vec::new(),
            });
            next
        });
        &mut self.words[at as usize]
    }

    /// Takes out what former states of prompts have left.
    fn sweep(&mut self) {
        let mut places = vec![u32::MAX; self.entries.len()];
        let entries = std::mem::take(&mut self.entries);
        let names = std::mem::take(&mut self.names);
        for (at, (entry, name)) in entries.into_iter().zip(names).enumerate() {
            if entry.id.is_some() {
                places[at] = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
                self.entries.push(entry);
                self.names.push(name);
            }
        }
        let renumber = |list: &mut Vec<u32>| {
            list.retain_mut(|at| {
                *at = places[*at as usize];
                *at != u32::MAX
            });
        };
        for word in &mut self.words {
            renumber(&mut word.names);
            renumber(&mut word.tags);
            renumber(&mut word.texts);
        }
        self.by_id.values_mut().for_each(|at| *at = places[*at as usize]);
        self.dead = 0;
    }

    /// A page of the prompts that the filter admits, the best first, with where the next page begins and how many there
    /// are in all.
    #[must_use]
    pub fn list(&self, filter: &PromptFilter, after: Option<After>, limit: usize) -> (Vec<After>, usize) {
        let wanted = Wanted::all(&filter.query);
        let mut found: Vec<After> = if filter.query.trim().is_empty() {
            let all = self.entries.iter().filter(|entry| entry.admits(filter));
            all.filter_map(|entry| Some((0, entry.updated_at, entry.id?))).collect()
        } else if wanted.is_empty() {
            Vec::new()
        } else {
            let found = self.search(&wanted, filter);
            if found.is_empty() { self.loose(&filter.query, filter) } else { found }
        };
        let total = found.len();
        if let Some(after) = after {
            found.retain(|place| *place < after);
        }
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, |place| Reverse(*place));
            found.truncate(limit);
        }
        found.sort_unstable_by_key(|place| Reverse(*place));
        (found, total)
    }

    fn search(&self, wanted: &[Wanted], filter: &PromptFilter) -> Vec<After> {
        let mut total = vec![0_u32; self.entries.len()];
        for (n, wanted) in wanted.iter().enumerate() {
            let mut best = vec![0_u32; self.entries.len()];
            let mut reach = |list: &[u32], score: u32| {
                for at in list {
                    let best = &mut best[*at as usize];
                    *best = (*best).max(score);
                }
            };
            for word in &self.words {
                let fits = wanted.fits(&word.text, word.letters);
                if fits > 0 {
                    reach(&word.names, fits * 8);
                    reach(&word.tags, fits * 6);
                    reach(&word.texts, fits * 2);
                }
            }
            for (total, best) in total.iter_mut().zip(best) {
                *total = if best == 0 || (n > 0 && *total == 0) { 0 } else { *total + best };
            }
        }
        let hits = self.entries.iter().zip(total).filter(|(entry, score)| *score > 0 && entry.admits(filter));
        hits.filter_map(|(entry, score)| Some((score, entry.updated_at, entry.id?))).collect()
    }

    /// Letters in their order, anywhere in the name: where nothing else was found.
    fn loose(&self, query: &str, filter: &PromptFilter) -> Vec<After> {
        let typed: Vec<char> = folded(query).chars().filter(|letter| !letter.is_whitespace()).collect();
        if typed.len() < INSIDE_CHARS_MIN {
            return Vec::new();
        }
        let has = |name: &str| {
            let mut letters = name.chars();
            typed.iter().all(|wanted| letters.any(|letter| letter == *wanted))
        };
        let hits = self.entries.iter().zip(&self.names).filter(|(entry, name)| entry.admits(filter) && has(name));
        hits.filter_map(|(entry, _)| Some((1, entry.updated_at, entry.id?))).collect()
    }

    /// How many stand where.
    #[must_use]
    pub fn shelves(&self) -> Shelves {
        let mut shelves = Shelves::default();
        let mut tags: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.id.is_some()) {
            if entry.archived {
                shelves.archived += 1;
                continue;
            }
            shelves.all += 1;
            shelves.favourites += u64::from(entry.favourite);
            shelves.examples += u64::from(entry.example);
            for tag in &entry.tags {
                *tags.entry(tag).or_default() += 1;
            }
        }
        shelves.tags = tags.into_iter().map(|(tag, count)| (tag.to_owned(), count)).collect();
        shelves
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

    fn found<'a>(index: &'a Index, query: &str) -> Vec<&'a str> {
        let filter = PromptFilter { query: query.into(), ..PromptFilter::default() };
        let (places, _) = index.list(&filter, None, 50);
        places.iter().filter_map(|(.., id)| index.get(*id)).map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn a8_finds_by_beginnings_mistakes_and_in_any_order() {
        let index = index(&[
            ("Clause review", "legal eu", "You are a contracts analyst"),
            ("Claims reviewer", "insurance", "Read the claim and the policy"),
            ("Étude über Größe", "music", "Quand la mer monte"),
            ("Weekly report", "writing", "Sum up the clauses of the week"),
        ]);
        assert_eq!(found(&index, "cla rev"), ["Clause review", "Claims reviewer"]);
        assert_eq!(found(&index, "review clause"), ["Clause review"]);
        assert_eq!(found(&index, "caluse"), ["Clause review", "Weekly report"], "two letters swapped");
        assert_eq!(found(&index, "insurence"), ["Claims reviewer"]);
        assert_eq!(found(&index, "etude grosse"), ["Étude über Größe"]);
        assert_eq!(found(&index, "contracts")[0], "Clause review");
        assert_eq!(found(&index, "legal"), ["Clause review"]);
        assert_eq!(found(&index, "wkrep"), ["Weekly report"], "letters of the name, in their order");
        assert_eq!(found(&index, ""), ["Weekly report", "Étude über Größe", "Claims reviewer", "Clause review"]);
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
        assert!(found(&index, "old").is_empty() && index.entries.len() < 2_500);
        assert_eq!(found(&index, "words"), ["state 2999"]);
    }

    #[test]
    fn mistakes_are_counted_to_an_open_end() {
        let count = |typed: &str, word: &str| mistakes(&typed.chars().collect::<Vec<_>>(), word, 2);
        assert_eq!(count("caluse", "clauses"), Some(1));
        assert_eq!(count("reveiw", "reviewer"), Some(1));
        assert_eq!(count("contrcats", "contracts"), Some(1));
        assert_eq!(count("abcdef", "uvwxyz"), None);
    }
}
