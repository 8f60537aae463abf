//! Which message of one version became which of another.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::chat::{ChatMessage, Role};

/// How much of a text its likeness to another is read from, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// Most comparisons between messages that are neither in front nor at the end of both; beyond, they pair by their place.
const COMPARED_MAX: usize = 40_000;
/// From this likeness on, a message of another role is the same message.
const SAME_IN_ANOTHER_ROLE: f64 = 0.5;
/// What it counts to speak in the same role, beside the likeness: a text that was written anew is still a change of it.
const SAME_ROLE: f64 = 0.05;

/// A message in both versions, or in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its place in the old version.
    pub old: Option<usize>,
    /// Its place in the new version.
    pub new: Option<usize>,
    /// Whether it stands elsewhere among the others.
    pub moved: bool,
}

/// Pairs the messages of two versions: by place where they are alike, else by what they say. In the order of the new
/// version; one that is gone stands after the one that it followed.
#[must_use]
pub fn pair(old: &[ChatMessage], new: &[ChatMessage]) -> Vec<Pair> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let (middle_old, middle_new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut kept = alike(middle_old, middle_new);
    for (old, new) in &mut kept {
        (*old, *new) = (*old + start, *new + start);
    }
    let front = (0..start).map(|place| (place, place));
    let back = (0..end).map(|place| (old.len() - end + place, new.len() - end + place));
    let kept: Vec<(usize, usize)> = front.chain(kept).chain(back).collect();
    with_moves(old, new, &kept)
}

/// The pairs of two lists, in the order of both, that are most alike in sum.
fn alike(old: &[ChatMessage], new: &[ChatMessage]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    if old.len().saturating_mul(new.len()) > COMPARED_MAX {
        let same = |place: &usize| old[*place].role == new[*place].role;
        return (0..old.len().min(new.len())).filter(same).map(|place| (place, place)).collect();
    }
    let bags = |messages: &[ChatMessage]| messages.iter().map(Bag::of).collect::<Vec<_>>();
    let (olds, news) = (bags(old), bags(new));
    let worth = |i: usize, j: usize| {
        let likeness = if old[i] == new[j] { 1.0 } else { olds[i].likeness(&news[j]) };
        match old[i].role == new[j].role {
            true => Some(likeness + SAME_ROLE),
            false => (likeness >= SAME_IN_ANOTHER_ROLE).then_some(likeness),
        }
    };
    // best[i][j]: the most that the first i and the first j can be worth together.
    let mut best = vec![vec![0.0_f64; new.len() + 1]; old.len() + 1];
    for i in 1..=old.len() {
        for j in 1..=new.len() {
            let apart = best[i - 1][j].max(best[i][j - 1]);
            best[i][j] = worth(i - 1, j - 1).map_or(apart, |worth| apart.max(best[i - 1][j - 1] + worth));
        }
    }
    let (mut i, mut j, mut pairs) = (old.len(), new.len(), Vec::new());
    while i > 0 && j > 0 {
        let together = worth(i - 1, j - 1).map(|worth| best[i - 1][j - 1] + worth);
        if together.is_some_and(|sum| sum >= best[i][j]) {
            pairs.push((i - 1, j - 1));
            (i, j) = (i - 1, j - 1);
        } else if best[i - 1][j] >= best[i][j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    pairs.reverse();
    pairs
}

/// Adds those that stand elsewhere, are new, or are gone.
fn with_moves(old: &[ChatMessage], new: &[ChatMessage], kept: &[(usize, usize)]) -> Vec<Pair> {
    let mut of_new: Vec<Option<(usize, bool)>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    for (i, j) in kept {
        of_new[*j] = Some((*i, false));
        taken[*i] = true;
    }
    for (j, message) in new.iter().enumerate().filter(|(_, message)| has_words(message)) {
        if of_new[j].is_none()
            && let Some(i) = (0..old.len()).find(|i| !taken[*i] && old[*i] == *message)
        {
            of_new[j] = Some((i, true));
            taken[i] = true;
        }
    }
    let mut pairs = Vec::with_capacity(new.len());
    let mut next_old = 0;
    let gone = |from: usize, to: usize, pairs: &mut Vec<Pair>| {
        pairs.extend((from..to).filter(|i| !taken[*i]).map(|i| Pair { old: Some(i), new: None, moved: false }));
    };
    for (j, of) in of_new.iter().enumerate() {
        if let Some((i, false)) = of {
            gone(next_old, *i, &mut pairs);
            next_old = next_old.max(*i + 1);
        }
        pairs.push(Pair { old: of.map(|(i, _)| i), new: Some(j), moved: of.is_some_and(|(_, moved)| moved) });
    }
    gone(next_old, old.len(), &mut pairs);
    pairs
}

fn has_words(message: &ChatMessage) -> bool {
    message.content.texts().any(|text| !text.trim().is_empty())
}

/// The words of a message, counted.
struct Bag {
    role: Role,
    words: HashMap<u64, u32>,
    count: u32,
}

impl Bag {
    fn of(message: &ChatMessage) -> Self {
        let mut bag = Self { role: message.role, words: HashMap::new(), count: 0 };
        let mut left = READ_BYTES;
        for text in message.content.texts() {
            let text = &text[..text.floor_char_boundary(left.min(text.len()))];
            left -= text.len();
            for word in text.split_whitespace() {
                let mut hasher = DefaultHasher::new();
                word.hash(&mut hasher);
                *bag.words.entry(hasher.finish()).or_default() += 1;
                bag.count += 1;
            }
        }
        bag
    }

    /// The share of the words that both have: 0 to 1.
    fn likeness(&self, other: &Self) -> f64 {
        if self.count + other.count == 0 {
            return if self.role == other.role { 1.0 } else { 0.0 };
        }
        let common: u32 =
            self.words.iter().map(|(word, count)| other.words.get(word).map_or(0, |there| (*there).min(*count))).sum();
        f64::from(2 * common) / f64::from(self.count + other.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(text: &str) -> ChatMessage {
        ChatMessage::text(Role::User, text)
    }

    fn system(text: &str) -> ChatMessage {
        ChatMessage::text(Role::System, text)
    }

    fn shown(pairs: &[Pair]) -> Vec<String> {
        let side = |place: Option<usize>| place.map_or("-".to_owned(), |place| place.to_string());
        pairs
            .iter()
            .map(|pair| format!("{}{}{}", side(pair.old), if pair.moved { "~" } else { "=" }, side(pair.new)))
            .collect()
    }

    #[test]
    fn a4_a_message_that_was_written_anew_is_a_change_of_it() {
        let old = [system("Be short."), user("About rivers.")];
        let new = [system("Be short."), user("Tell me something else entirely")];
        assert_eq!(shown(&pair(&old, &new)), ["0=0", "1=1"]);
    }

    #[test]
    fn a4_what_was_put_between_does_not_shift_the_rest() {
        let old = [user("the first question about rivers"), user("the second question about lakes")];
        let new = [
            user("an example that is quite unlike"),
            user("the first question about broad rivers"),
            user("the second question about deep lakes"),
        ];
        assert_eq!(shown(&pair(&old, &new)), ["-=0", "0=1", "1=2"]);
        assert_eq!(shown(&pair(&new, &old)), ["0=-", "1=0", "2=1"]);
    }

    #[test]
    fn a4_a_message_that_moved_is_found_where_it_is() {
        let old = [user("alpha one two"), user("beta three four"), user("gamma five six")];
        let new = [old[1].clone(), old[2].clone(), old[0].clone()];
        let pairs = pair(&old, &new);
        assert!(pairs.iter().all(|pair| pair.old.is_some() && pair.new.is_some()), "{pairs:?}");
        assert_eq!(pairs.iter().filter(|pair| pair.moved).count(), 1);
    }

    #[test]
    fn a4_another_role_alone_is_no_other_message() {
        let old = [user("the same words in both of them")];
        let new = [ChatMessage::text(Role::Assistant, "the same words in both of them")];
        assert_eq!(shown(&pair(&old, &new)), ["0=0"]);
        assert_eq!(shown(&pair(&old, &[ChatMessage::text(Role::Assistant, "others")])).len(), 2);
    }

    #[test]
    fn a4_thousands_of_messages_pair_by_their_place() {
        let many = |mark: &str| (0..1_000).map(|n| user(&format!("{mark} {n}"))).collect::<Vec<_>>();
        let pairs = pair(&many("old"), &many("new"));
        assert!(pairs.len() == 1_000 && pairs.iter().all(|pair| pair.old == pair.new));
    }

    proptest! {
        #[test]
        fn a4_each_message_stands_in_one_pair(old in messages(), new in messages()) {
            let pairs = pair(&old, &new);
            let mut olds: Vec<usize> = pairs.iter().filter_map(|pair| pair.old).collect();
            let news: Vec<usize> = pairs.iter().filter_map(|pair| pair.new).collect();
            olds.sort_unstable();
            prop_assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(news, (0..new.len()).collect::<Vec<_>>(), "in the order of the new version");
            for pair in pair(&old, &old) {
                prop_assert_eq!(pair.old, pair.new);
            }
        }
    }

    fn messages() -> impl Strategy<Value = Vec<ChatMessage>> {
        let words = prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5);
        let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant]);
        prop::collection::vec((role, words).prop_map(|(role, words)| ChatMessage::text(role, words.join(" "))), 0..6)
    }
}
