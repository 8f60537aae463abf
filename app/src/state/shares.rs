//! Links as people read of them: what they allow, when they end, and why they show nothing any more.

use domain::{Share, ShareScope};

use super::when;

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It shows what it is for.
    Open,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Ended,
    /// It was opened as often as it may be.
    UsedUp,
}

impl Standing {
    /// How a link stands at a moment, in microseconds since 1970, UTC.
    #[must_use]
    pub fn of(share: &Share, now: i64) -> Self {
        if share.revoked_at.is_some() {
            Self::Revoked
        } else if share.expires_at <= now {
            Self::Ended
        } else if share.views_max.is_some_and(|most| share.views >= most) {
            Self::UsedUp
        } else {
            Self::Open
        }
    }
}

/// What a link allows, in a few words.
#[must_use]
pub fn allows(share: &Share) -> String {
    let scope = match share.scope {
        ShareScope::View => "view".to_owned(),
        ShareScope::Fork => "view and fork".to_owned(),
        ShareScope::Run => {
            format!("run, {} of {}", cents(share.spent_micros), cents(share.budget_micros.unwrap_or_default()))
        }
    };
    match share.views_max {
        None => scope,
        Some(1) => format!("{scope}, once"),
        Some(most) => format!("{scope}, {most} times"),
    }
}

/// When a link ends, or why it has.
#[must_use]
pub fn ends(share: &Share, now: i64) -> String {
    match Standing::of(share, now) {
        Standing::Open => when::ahead(share.expires_at, now),
        Standing::Revoked => format!("revoked {}", when::age(share.revoked_at.unwrap_or_default(), now)),
        Standing::Ended => format!("ended {}", when::age(share.expires_at, now)),
        Standing::UsedUp => "used up".to_owned(),
    }
}

/// Micro-dollars as dollars and cents; the smallest share of a cent that was spent is one that shows.
#[must_use]
pub fn cents(micros: i64) -> String {
    let cents = u64::try_from(micros.max(0)).unwrap_or_default().div_ceil(10_000);
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// Reads dollars as they are typed, such as `2`, `$2.50` or `0,5`, as micro-dollars.
///
/// # Errors
/// What is taken, where that is none.
pub fn micros(typed: &str) -> Result<i64, &'static str> {
    const TAKEN: &str = "An amount above 0, such as 2.00, is taken.";
    /// A million dollars are more than any model costs; nothing overflows below.
    const DOLLARS_MAX: f64 = 1e6;
    let text = typed.trim().trim_start_matches('$').trim().replace(',', ".");
    let dollars: f64 = text.parse().map_err(|_| TAKEN)?;
    let micros = (dollars * 1e6).round();
    if !dollars.is_finite() || dollars > DOLLARS_MAX || micros < 1.0 {
        return Err(TAKEN);
    }
    Ok(micros as i64)
}

#[cfg(test)]
mod tests {
    use domain::{RunId, ShareId, Shared};

    use super::*;

    fn share() -> Share {
        Share {
            id: ShareId::from_bytes([1; 16]),
            resource: Shared::Run(RunId::from_bytes([2; 16])),
            title: "Clause review".into(),
            scope: ShareScope::View,
            url: "http://127.0.0.1:3000/s/x".into(),
            created_at: 0,
            expires_at: 7 * 86_400_000_000,
            revoked_at: None,
            passphrase: false,
            views: 0,
            views_max: None,
            spent_micros: 0,
            budget_micros: None,
            viewed_at: None,
        }
    }

    #[test]
    fn e1_a_link_says_what_it_allows_and_how_it_stands() {
        let open = share();
        assert_eq!((allows(&open).as_str(), ends(&open, 1_000_000).as_str()), ("view", "in 7 d"));
        let run = Share { scope: ShareScope::Run, budget_micros: Some(2_000_000), spent_micros: 310_001, ..share() };
        assert_eq!(allows(&run), "run, $0.32 of $2.00");
        let once = Share { views_max: Some(1), views: 1, scope: ShareScope::Fork, ..share() };
        assert_eq!(allows(&once), "view and fork, once");
        assert_eq!((Standing::of(&once, 0), ends(&once, 0).as_str()), (Standing::UsedUp, "used up"));
        let revoked = Share { revoked_at: Some(5_000_000), ..once };
        assert_eq!(ends(&revoked, 65_000_000), "revoked 1 min ago");
        assert_eq!(Standing::of(&open, open.expires_at), Standing::Ended);
    }

    #[test]
    fn a_budget_is_read_as_it_is_typed() {
        let read = ["2", " $2.50 ", "0,000001", "1000000"].map(|typed| micros(typed).unwrap_or_default());
        assert_eq!(read, [2_000_000, 2_500_000, 1, 1_000_000_000_000]);
        for bad in ["", "$", "two", "0", "-1", "0.0000001", "1e9", "NaN", "inf"] {
            assert!(micros(bad).is_err(), "{bad}");
        }
    }
}
