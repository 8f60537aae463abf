//! Addresses that a person typed: each is checked before anything is sent to it.
//!
//! A name is resolved here, every address it has is checked, and the connection goes to one that was checked: a name
//! that answers differently the second time gains nothing. Redirects are not followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where the instances of clouds ask for their credentials, where that is no link-local address: Alibaba's, Azure's and
/// Oracle's.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
/// The same over IPv6: Amazon's.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// Whether a request may go there.
///
/// This machine and its own network are allowed: while there are no accounts, who types the address is who runs the
/// server, and models are served there. Link-local addresses are not: that is where clouds hand out credentials.
#[must_use]
pub fn is_allowed(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let no_host = ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast();
            !(no_host || ip.is_link_local() || METADATA_V4.contains(&ip))
        }
        IpAddr::V6(ip) => {
            !(ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || ip == METADATA_V6)
        }
    }
}

/// Whether the address in a URL is one that may not be called. A name is looked at when it is resolved.
#[must_use]
pub fn is_forbidden(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.is_empty() || literal.is_ok_and(|ip| !is_allowed(ip))
}

/// Resolves names, and gives no address that may not be called.
#[derive(Debug, Clone, Copy)]
pub struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !is_allowed(address.ip())) {
                return Err(format!("{} has an address that must not be called", name.as_str()).into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_where_clouds_hand_out_credentials_nothing_is_sent() {
        for bad in [
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "::",
            "::ffff:169.254.169.254",
        ] {
            assert!(!is_allowed(bad.parse().expect(bad)), "{bad}");
        }
        for good in ["127.0.0.1", "10.0.0.7", "192.168.1.2", "1.1.1.1", "::1", "fd00::7", "2606:4700::1111"] {
            assert!(is_allowed(good.parse().expect(good)), "{good}");
        }
        for (url, forbidden) in [
            ("http://169.254.169.254/v1", true),
            ("http://[fe80::1]/v1", true),
            // As numbers and with gaps: the parser of URLs knows them all.
            ("http://2852039166/v1", true),
            ("http://0xa9.254.0251.254/v1", true),
            ("http://127.0.0.1:11434/v1", false),
            ("https://api.example.org/v1", false),
        ] {
            assert_eq!(is_forbidden(&Url::parse(url).expect(url)), forbidden, "{url}");
        }
    }
}
