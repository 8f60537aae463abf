//! The library: what its address asks for, which is also what its form sends, and the prompts that it shows.

use std::collections::BTreeMap;

use domain::PromptId;
use domain::prompt::{PromptFilter, PromptPage, PromptSummary, Shelves};
use leptos_router::params::ParamsMap;

use super::address::with_query;
use super::figures::thousands;

/// Microseconds in a day.
const DAY: i64 = 24 * 3_600_000_000;

/// What is asked of the prompts, apart from words and tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shelf {
    /// All that were not put away.
    #[default]
    All,
    /// Favourites.
    Favourites,
    /// Examples that nobody has changed.
    Examples,
    /// Those that were put away.
    Archived,
}

impl Shelf {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::All, Self::Favourites, Self::Examples, Self::Archived];

    /// The word in the address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Favourites => "favourites",
            Self::Examples => "examples",
            Self::Archived => "archived",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "All prompts",
            Self::Favourites => "Favourites",
            Self::Examples => "Examples",
            Self::Archived => "Archived",
        }
    }

    /// The icon.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::All => "layers",
            Self::Favourites => "star",
            Self::Examples => "file-text",
            Self::Archived => "archive",
        }
    }

    /// How many prompts stand on it.
    #[must_use]
    pub const fn count(self, shelves: &Shelves) -> u64 {
        match self {
            Self::All => shelves.all,
            Self::Favourites => shelves.favourites,
            Self::Examples => shelves.examples,
            Self::Archived => shelves.archived,
        }
    }
}

/// What can be asked for as a time: the word, its name for people, how many days it reaches back.
pub const SINCE: [(&str, &str, i64); 3] =
    [("", "Any time", 0), ("7d", "Changed in 7 days", 7), ("30d", "Changed in 30 days", 30)];

/// What the address of the library asks for. What is empty asks for nothing, and so does a word that nobody knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Words.
    pub query: String,
    /// A tag.
    pub tag: String,
    /// Where they stand.
    pub shelf: Shelf,
    /// How far back: one of [`SINCE`].
    pub since: String,
    /// Where a page of the list begins, without JavaScript.
    pub after: String,
}

impl Asked {
    /// What an address asks for.
    #[must_use]
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let (place, since) = (text("place"), text("since"));
        Self {
            query: text("query"),
            tag: text("tag"),
            shelf: Shelf::ALL.into_iter().find(|shelf| shelf.word() == place).unwrap_or_default(),
            since: if SINCE.iter().any(|(word, ..)| *word == since) { since } else { String::new() },
            after: text("after"),
        }
    }

    /// The prompt that lies open beside the list.
    #[must_use]
    pub fn opened(query: &ParamsMap) -> Option<PromptId> {
        query.get("open")?.parse().ok()
    }

    /// The address that asks for this, with a prompt open beside the list.
    #[must_use]
    pub fn address(&self, open: Option<PromptId>) -> String {
        let open = open.map(|id| id.to_string()).unwrap_or_default();
        let fields = [
            ("query", self.query.as_str()),
            ("tag", &self.tag),
            ("place", self.shelf.word()),
            ("since", &self.since),
            ("after", &self.after),
            ("open", &open),
        ];
        with_query("/library", &fields)
    }

    /// The same on another shelf, with any tag.
    #[must_use]
    pub fn on(&self, shelf: Shelf) -> Self {
        Self { shelf, tag: String::new(), after: String::new(), ..self.clone() }
    }

    /// The same with this tag; with any, where that is the one already.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Self {
        let tag = if self.tag == tag { "" } else { tag };
        Self { tag: tag.to_owned(), after: String::new(), ..self.clone() }
    }

    /// The same from another place of the list on.
    #[must_use]
    pub fn beginning_at(&self, after: &str) -> Self {
        Self { after: after.to_owned(), ..self.clone() }
    }

    /// Whether anything but the shelf narrows the list.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        [&self.query, &self.tag, &self.since].into_iter().any(|text| !text.is_empty())
    }

    /// What that means at this time, in microseconds since 1970, UTC.
    #[must_use]
    pub fn filter(&self, now: i64) -> PromptFilter {
        let days = SINCE.into_iter().find(|(word, ..)| *word == self.since).map_or(0, |(.., days)| days);
        PromptFilter {
            query: self.query.clone(),
            tag: Some(self.tag.clone()).filter(|tag| !tag.is_empty()),
            favourite: self.shelf == Shelf::Favourites,
            archived: self.shelf == Shelf::Archived,
            example: self.shelf == Shelf::Examples,
            from: (days > 0).then(|| now.saturating_sub(days * DAY)),
            to: None,
        }
    }

    /// What there is to say about what was found.
    #[must_use]
    pub fn said(&self, total: u64, shelves: &Shelves, took_micros: u64) -> String {
        if !self.is_narrow() {
            return format!("{} {}", thousands(total), if total == 1 { "prompt" } else { "prompts" });
        }
        // The side is counted at another moment than the list.
        let all = self.shelf.count(shelves).max(total);
        format!("{} of {} · {}", thousands(total), thousands(all), took(took_micros))
    }
}

/// How long something took, for people.
fn took(micros: u64) -> String {
    match micros {
        0..100 => "under 0.1 ms".into(),
        100..1_000 => format!("{:.1} ms", micros as f64 / 1_000.0),
        _ => format!("{} ms", thousands(micros.saturating_add(500) / 1_000)),
    }
}

/// The prompts that are shown, and where the next ones begin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    order: Vec<PromptId>,
    prompts: BTreeMap<PromptId, PromptSummary>,
    /// Give it as `after` for more.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: u64,
}

impl Listed {
    /// The prompts of a first page.
    #[must_use]
    pub fn new(page: PromptPage) -> Self {
        let mut listed = Self::default();
        listed.append(page);
        listed
    }

    /// Adds the next page.
    pub fn append(&mut self, page: PromptPage) {
        (self.next, self.total) = (page.next, page.total);
        for prompt in page.data {
            // One that has moved down meanwhile stands where it was.
            if !self.prompts.contains_key(&prompt.id) {
                self.order.push(prompt.id);
            }
            self.prompts.insert(prompt.id, prompt);
        }
    }

    /// The ids, in their order.
    #[must_use]
    pub fn ids(&self) -> &[PromptId] {
        &self.order
    }

    /// A prompt.
    #[must_use]
    pub fn get(&self, id: PromptId) -> Option<&PromptSummary> {
        self.prompts.get(&id)
    }

    /// A prompt, to be changed.
    pub fn get_mut(&mut self, id: PromptId) -> Option<&mut PromptSummary> {
        self.prompts.get_mut(&id)
    }

    /// The prompt after another one, or before it; none past the ends, the first where the other is not in the list.
    #[must_use]
    pub fn beside(&self, id: PromptId, forward: bool) -> Option<PromptId> {
        let Some(place) = self.order.iter().position(|known| *known == id) else { return self.order.first().copied() };
        let place = if forward { place + 1 } else { place.checked_sub(1)? };
        self.order.get(place).copied()
    }
}

/// A text in pieces, each with whether it is marked. Marks are places in characters: from, and up to before.
#[must_use]
pub fn pieces(text: &str, marks: &[(u32, u32)]) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (place, letter) in (0_u32..).zip(text.chars()) {
        let is_marked = marks.iter().any(|(from, to)| (*from..*to).contains(&place));
        match pieces.last_mut() {
            Some((piece, marked)) if *marked == is_marked => piece.push(letter),
            _ => pieces.push((letter.to_string(), is_marked)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&'static str, &str)]) -> (Asked, Option<PromptId>) {
        let mut query = ParamsMap::new();
        for (name, text) in fields {
            query.insert(*name, (*text).to_owned());
        }
        (Asked::read(&query), Asked::opened(&query))
    }

    fn prompt(n: u8) -> PromptSummary {
        PromptSummary {
            id: PromptId::from_bytes([n; 16]),
            name: format!("Prompt {n}"),
            version: 1,
            tags: Vec::new(),
            updated_at: 0,
            snippet: String::new(),
            favourite: false,
            labels: BTreeMap::new(),
            model: "m".into(),
            example: false,
            archived: false,
            name_marks: Vec::new(),
            snippet_marks: Vec::new(),
        }
    }

    fn page(prompts: &[u8], next: Option<&str>) -> PromptPage {
        PromptPage { data: prompts.iter().copied().map(prompt).collect(), next: next.map(Into::into), total: 9 }
    }

    #[test]
    fn a5_the_address_is_what_was_asked_for_and_nothing_else() {
        let id = PromptId::from_bytes([7; 16]);
        let (nothing, open) = asked(&[("query", " "), ("place", "attic"), ("since", "2y"), ("open", "prm_x")]);
        assert_eq!((nothing.address(open).as_str(), nothing.is_narrow()), ("/library", false));
        let (all, open) = asked(&[
            ("query", "cla & rev"),
            ("tag", "few shot"),
            ("place", "archived"),
            ("since", "7d"),
            ("open", &id.to_string()),
        ]);
        assert_eq!((all.shelf, open), (Shelf::Archived, Some(id)));
        let address = all.address(open);
        assert!(address.contains("%26") && address.contains("place=archived") && address.ends_with(&"07".repeat(16)));
        assert_eq!(all.on(Shelf::All).address(None), "/library?query=cla%20%26%20rev&since=7d");
        assert_eq!(all.tagged("few shot").tag, "");
        assert_eq!(nothing.tagged("eu").beginning_at("c").address(None), "/library?tag=eu&after=c");
    }

    #[test]
    fn a5_words_become_a_filter() {
        let (all, _) = asked(&[("place", "favourites"), ("since", "30d"), ("tag", "eu"), ("query", "x")]);
        let filter = all.filter(31 * DAY);
        assert_eq!((filter.from, filter.favourite, filter.archived), (Some(DAY), true, false));
        assert_eq!((filter.tag.as_deref(), filter.query.as_str()), (Some("eu"), "x"));
        assert_eq!(Asked::default().filter(DAY), PromptFilter::default());
    }

    #[test]
    fn what_was_found_is_counted() {
        let shelves = Shelves { all: 148, favourites: 2, ..Shelves::default() };
        let (all, _) = asked(&[("query", "x")]);
        assert_eq!(all.said(6, &shelves, 3_400), "6 of 148 · 3 ms");
        assert_eq!(all.on(Shelf::Favourites).said(3, &shelves, 420), "3 of 3 · 0.4 ms");
        assert_eq!(Asked::default().said(1, &shelves, 0), "1 prompt");
        assert_eq!(Asked::default().said(1_048, &shelves, 0), "1,048 prompts");
    }

    #[test]
    fn pages_are_joined_and_each_prompt_stands_once() {
        let mut listed = Listed::new(page(&[1, 2], Some("b")));
        listed.append(page(&[2, 3], None));
        let id = |n: u8| PromptId::from_bytes([n; 16]);
        assert_eq!(listed.ids(), [id(1), id(2), id(3)]);
        assert_eq!((listed.next.as_deref(), listed.total), (None, 9));
        assert_eq!(listed.beside(id(1), true), Some(id(2)));
        assert_eq!((listed.beside(id(1), false), listed.beside(id(3), true)), (None, None));
        assert_eq!(listed.beside(id(8), true), Some(id(1)));
    }

    #[test]
    fn a5_marks_are_places_in_characters() {
        let shown = |text, marks: &[(u32, u32)]| {
            let pieces = pieces(text, marks).into_iter();
            pieces.map(|(piece, marked)| if marked { format!("[{piece}]") } else { piece }).collect::<String>()
        };
        assert_eq!(shown("Übersicht Lärm", &[(0, 2), (10, 13)]), "[Üb]ersicht [Lär]m");
        assert_eq!(shown("ab", &[(1, 9), (0, 1)]), "[ab]");
        assert_eq!(shown("ab", &[(2, 1), (5, 6)]), "ab");
        assert_eq!(shown("", &[(0, 1)]), "");
    }
}
