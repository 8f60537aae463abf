//! Who is asking.

use domain::{UserId, WorkspaceId};

/// Who is asking: a user in a workspace. Every operation of the engine takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The person.
    pub user: UserId,
}

impl Principal {
    /// The one user there is while no accounts exist (K1); its rows come with the first migration.
    #[must_use]
    pub const fn built_in() -> Self {
        Self { workspace: WorkspaceId::from_bytes([0; 16]), user: UserId::from_bytes([0; 16]) }
    }

    /// What the person is called, beside what they have saved.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        "You"
    }
}
