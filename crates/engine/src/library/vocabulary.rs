//! The distinct words of a workspace's prompts, and where each stands.

use std::collections::HashMap;
use std::sync::Arc;

use super::wanted::{Look, Wanted};

/// The prompts that have a word, in the order in which they came.
#[derive(Debug, Default)]
pub struct Places {
    /// In their names.
    pub names: Vec<u32>,
    /// In their tags.
    pub tags: Vec<u32>,
    /// In their texts.
    pub texts: Vec<u32>,
}

impl Places {
    fn lists(&mut self) -> [&mut Vec<u32>; 3] {
        [&mut self.names, &mut self.tags, &mut self.texts]
    }
}

/// Every distinct word once. What a search looks at for each of them lies side by side; a word itself is read only where
/// that says that it may fit.
#[derive(Default)]
pub struct Vocabulary {
    looks: Vec<Look>,
    words: Vec<Arc<str>>,
    places: Vec<Places>,
    by_word: HashMap<Arc<str>, u32>,
}

impl Vocabulary {
    /// Where a word stands: nowhere yet where it is new.
    pub fn places(&mut self, word: &str) -> &mut Places {
        let at = match self.by_word.get(word) {
            Some(at) => *at as usize,
            None => self.add(word),
        };
        &mut self.places[at]
    }

    fn add(&mut self, word: &str) -> usize {
        let (at, word) = (self.words.len(), Arc::<str>::from(word));
        self.by_word.insert(word.clone(), u32::try_from(at).unwrap_or(u32::MAX));
        self.looks.push(Look::of(&word));
        self.words.push(word);
        self.places.push(Places::default());
        at
    }

    /// The words that fit, each with how well.
    pub fn that_fit<'a>(&'a self, wanted: &'a Wanted) -> impl Iterator<Item = (&'a Places, u32)> {
        let near = self.looks.iter().enumerate().filter(|(_, look)| wanted.may_fit(**look));
        near.filter_map(|(at, _)| {
            let fits = wanted.fits(&self.words[at]);
            (fits > 0).then(|| (&self.places[at], fits))
        })
    }

    /// Gives each prompt another number; `None` for those that are gone. Words that stand nowhere any more go too.
    pub fn renumber(&mut self, number: impl Fn(u32) -> Option<u32>) {
        for list in self.places.iter_mut().flat_map(Places::lists) {
            list.retain_mut(|at| number(*at).map(|new| *at = new).is_some());
        }
        let stands = |places: &Places| !(places.names.is_empty() && places.tags.is_empty() && places.texts.is_empty());
        let keep: Vec<bool> = self.places.iter().map(stands).collect();
        retain(&mut self.looks, &keep);
        retain(&mut self.words, &keep);
        retain(&mut self.places, &keep);
        self.by_word = (0..).zip(&self.words).map(|(at, word)| (word.clone(), at)).collect();
    }

    /// Gives back memory that was taken for more.
    pub fn settle(&mut self) {
        self.places.iter_mut().flat_map(Places::lists).for_each(Vec::shrink_to_fit);
    }
}

/// Keeps those of a list that are to be kept.
pub fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| keep.next().is_some_and(|keep| *keep));
}
