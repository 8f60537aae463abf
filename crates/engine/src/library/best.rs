//! A page of a list: the best of what is found, without putting all of it in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use domain::PromptId;

/// Where a page of a list begins: after this.
pub type After = (u32, i64, PromptId);

/// The best of what is found, as many as are wanted, and how many there were.
pub struct Best {
    after: Option<After>,
    limit: usize,
    /// How many were offered.
    pub total: usize,
    /// The worst of them on top.
    heap: BinaryHeap<Reverse<After>>,
}

impl Best {
    /// Begins after that place, if one is given.
    #[must_use]
    pub fn new(after: Option<After>, limit: usize) -> Self {
        Self { after, limit, total: 0, heap: BinaryHeap::with_capacity(limit + 1) }
    }

    /// Takes one in, if it is better than the worst of them.
    pub fn offer(&mut self, place: After) {
        self.total += 1;
        if self.after.is_some_and(|after| place >= after) {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(place));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && worst.0 < place
        {
            *worst = Reverse(place);
        }
    }

    /// The best first.
    #[must_use]
    pub fn in_order(self) -> Vec<After> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(place)| place).collect()
    }
}
