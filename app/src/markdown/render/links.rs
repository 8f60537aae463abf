//! Links and images, and what a reader is told of where they go.

use pulldown_cmark::CowStr;

use super::super::html::escape;
use super::super::url::{self, Target};
use super::{End, Writer};

impl Writer<'_, '_, '_> {
    pub(super) fn open_link(&mut self, target: &Target) {
        self.out.push_str("<a href=\"");
        escape(self.out, &target.href);
        self.out
            .push_str("\" rel=\"noopener noreferrer nofollow ugc\" target=\"_blank\" referrerpolicy=\"no-referrer\">");
    }

    /// Ends a link and says where it goes if its text says otherwise.
    pub(super) fn close_link(&mut self, target: &Target, text: &str) {
        self.ink.rest(self.out);
        if url::misleads(text, target) {
            self.out.push_str(" <bdi>(");
            escape(self.out, &target.host);
            self.out.push_str(")</bdi>");
        }
        self.out.push_str("</a>");
    }

    pub(super) fn start_link(&mut self, address: &CowStr<'_>) -> End {
        let address = self.prepared.restore(address);
        if self.images > 0 || self.links > 0 || !self.shows() {
            return End::Tag("");
        }
        match url::admit(&address) {
            Some(target) => {
                self.links += 1;
                self.plain.clear();
                self.open_link(&target);
                End::Link { target, from: self.out.len() }
            }
            None => {
                self.write("[");
                End::Text(address)
            }
        }
    }

    /// Writes an image as a link to it: nothing is ever loaded because a model said so.
    pub(super) fn end_image(&mut self, address: &str, from: usize) {
        self.images -= 1;
        if self.images > 0 || !self.shows() {
            return;
        }
        let alt = self.plain.split_off(from.min(self.plain.len()));
        let alt = if alt.trim().is_empty() { "image".to_owned() } else { alt };
        let target = url::admit(address);
        let linked = target.as_ref().filter(|_| self.links == 0);
        if let Some(target) = linked {
            self.open_link(target);
        }
        self.write("🖼 ");
        self.write(&alt);
        self.ink.rest(self.out);
        if let Some(target) = &target {
            self.out.push_str(" <bdi>(");
            escape(self.out, &target.host);
            self.out.push_str(")</bdi>");
        } else {
            self.write(" (");
            self.write(address);
            self.write(")");
            self.ink.rest(self.out);
        }
        if linked.is_some() {
            self.out.push_str("</a>");
        }
    }
}
