//! Who is answered.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::{Choice, ConstantTimeEq};

use crate::Error;
use crate::problem::Problem;

/// Begins the name of a WebSocket's protocol that is the token.
const TOKEN_PROTOCOL: &str = "fer.token.";

/// Whose requests are answered: those with the token, if there is one, and of pages only those of our own origin and of
/// these.
#[derive(Clone, Default)]
pub struct Trust {
    token: Option<Vec<u8>>,
    /// In the form in which browsers send them.
    origins: Vec<String>,
}

impl Trust {
    /// This bearer token, and these origins of pages beside our own, such as `https://faces.example`.
    ///
    /// # Errors
    /// [`Error::Token`] for a token that no header can hold, [`Error::Origin`] for what is no origin.
    pub fn new(token: Option<&str>, origins: &[String]) -> Result<Self, Error> {
        let token = token.map(str::trim_ascii).map(|token| match token {
            "" => Err(Error::Token { found: "found none" }),
            token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(Error::Token { found: "found other ones" })
            }
            token => Ok(token.as_bytes().to_vec()),
        });
        let origins = origins.iter().map(|origin| checked(origin)).collect::<Result<_, _>>()?;
        Ok(Self { token: token.transpose()?, origins })
    }

    /// Whether this request is answered.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        self.check_place(headers)?;
        self.check_token(headers)
    }

    /// Whether a request has the token, if there is one.
    pub(crate) fn check_token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        self.token.as_ref().map_or(Ok(()), |token| check_token(token, headers))
    }

    /// Whether a request from there is answered, if it has the token.
    pub(crate) fn check_place(&self, headers: &HeaderMap) -> Result<(), Problem> {
        self.check_origin(headers)?;
        match self.token {
            Some(_) => Ok(()),
            // A page elsewhere can give our address its own name, and is then no foreign origin to the browser. It would
            // not know a token.
            None => self.check_host(headers),
        }
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(origin) = text(headers, header::ORIGIN)? else { return Ok(()) };
        let host = text(headers, header::HOST)?.unwrap_or_default();
        let own = ["http", "https"].map(|scheme| format!("{scheme}://{host}"));
        match own.iter().chain(&self.origins).any(|known| known.eq_ignore_ascii_case(origin)) {
            true => Ok(()),
            false => Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!("expected a page of {} or of an origin given by --origin, found one of {origin}", own[0]),
            )),
        }
    }

    fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(host) = text(headers, header::HOST)? else { return Ok(()) };
        let name = host.parse::<Authority>().ok();
        let is_own = name.as_ref().is_some_and(|name| is_address(name.host()) || name.host() == "localhost");
        let is_given = |origin: &String| origin.split_once("://").is_some_and(|(_, known)| known == host);
        match is_own || self.origins.iter().any(is_given) {
            true => Ok(()),
            false => Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!(
                    "expected an address, `localhost` or the name of an origin given by --origin as host, found {host}"
                ),
            )),
        }
    }
}

/// The token is not shown.
impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("token", &self.token.is_some()).field("origins", &self.origins).finish()
    }
}

fn check_token(token: &[u8], headers: &HeaderMap) -> Result<(), Problem> {
    let given: Vec<Vec<u8>> = bearers(headers).chain(offered(headers)).collect();
    // Each is compared to its end, whatever the others are.
    let is_right = given.iter().fold(Choice::from(0), |is_right, one| is_right | one.as_slice().ct_eq(token));
    let detail = match given.is_empty() {
        _ if bool::from(is_right) => return Ok(()),
        true => "expected a bearer token in the header `authorization`, found none",
        false => "expected the service's bearer token in the header `authorization`, found another one",
    };
    Err(Problem::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, "Bearer"))
}

/// The bearer tokens in the header `authorization`. A proxy may put its own there.
fn bearers(headers: &HeaderMap) -> impl Iterator<Item = Vec<u8>> {
    headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
        let (kind, given) = value.as_bytes().split_at_checked(7)?;
        kind.eq_ignore_ascii_case(b"bearer ").then(|| given.to_vec())
    })
}

/// The tokens that a page offers as a protocol of its WebSocket, since browsers let it set no header: as base64url, as a
/// protocol's name cannot hold all that a token can.
fn offered(headers: &HeaderMap) -> impl Iterator<Item = Vec<u8>> {
    let protocols = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let tokens = protocols.flat_map(|all| all.split(',')).filter_map(|one| one.trim().strip_prefix(TOKEN_PROTOCOL));
    tokens.map(|token| BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Problem> {
    let refused =
        |_| Problem::new(StatusCode::BAD_REQUEST, format!("expected ASCII in the header `{name}`, found other bytes"));
    headers.get(&name).map(|value| value.to_str().map_err(refused)).transpose()
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

/// An origin, without the slash that people write at its end.
fn checked(origin: &str) -> Result<String, Error> {
    let refused = || Error::Origin { found: origin.to_owned() };
    let uri: Uri = origin.parse().map_err(|_| refused())?;
    let is_page = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.authority() {
        Some(_) if is_page && uri.path() == "/" && uri.query().is_none() => {
            Ok(origin.trim_end_matches('/').to_ascii_lowercase())
        }
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(trust: &Trust, headers: &[(&'static str, &'static str)]) -> u16 {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| _ = map.insert(*name, value.parse().unwrap()));
        trust
            .check(&map)
            .map_or_else(|problem| axum::response::IntoResponse::into_response(problem).status().as_u16(), |()| 200)
    }

    #[test]
    fn pages_of_other_origins_are_refused_and_names_that_nobody_gave() {
        let trust = Trust::new(None, &["https://faces.example/".to_owned()]).unwrap();
        for host in ["127.0.0.1:8080", "[::1]:8080", "localhost:1", "10.0.0.7", "faces.example"] {
            assert_eq!(status(&trust, &[("host", host)]), 200, "{host}");
        }
        assert_eq!(status(&trust, &[("host", "rebound.example:8080")]), 403);
        assert_eq!(status(&trust, &[("host", "localhost:8080"), ("origin", "http://localhost:8080")]), 200);
        for origin in ["http://localhost:3000", "https://evil.example", "null"] {
            assert_eq!(status(&trust, &[("host", "localhost:8080"), ("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(status(&trust, &[("host", "127.0.0.1:8080"), ("origin", "https://faces.example")]), 200);
    }

    #[test]
    fn a_token_must_be_the_right_one() {
        let trust = Trust::new(Some("s3cret\n"), &[]).unwrap();
        assert_eq!(status(&trust, &[("host", "any.example"), ("authorization", "Bearer s3cret")]), 200);
        assert_eq!(status(&trust, &[("authorization", "bearer s3cret")]), 200);
        for wrong in ["Bearer s3cre", "Bearer s3crets", "Bearer S3cret", "Basic s3cret", "s3cret", ""] {
            assert_eq!(status(&trust, &[("authorization", wrong)]), 401, "{wrong}");
        }
        // `any:s3cret`: browsers would send it with whatever any page asks of us.
        assert_eq!(status(&trust, &[("authorization", "Basic YW55OnMzY3JldA==")]), 401);
        assert_eq!(status(&trust, &[]), 401);
        // As Python's `base64.urlsafe_b64encode(b"s3cret")` has it, and of `S3cret`.
        assert_eq!(status(&trust, &[("sec-websocket-protocol", "fer.live, fer.token.czNjcmV0")]), 200);
        for wrong in ["fer.live, fer.token.UzNjcmV0", "fer.token.s3cret", "fer.token.", "fer.live", "czNjcmV0"] {
            assert_eq!(status(&trust, &[("sec-websocket-protocol", wrong)]), 401, "{wrong}");
        }
        // A proxy that has a login of its own leaves its header: any one that is right will do.
        for (other, offered, expected) in [
            ("Basic YW55OmFueQ==", "fer.live, fer.token.czNjcmV0", 200),
            ("Bearer another", "fer.token.UzNjcmV0, fer.token.czNjcmV0", 200),
            ("Bearer s3cret", "fer.token.UzNjcmV0", 200),
            ("Bearer another", "fer.live, fer.token.UzNjcmV0", 401),
        ] {
            let headers = [("authorization", other), ("sec-websocket-protocol", offered)];
            assert_eq!(status(&trust, &headers), expected, "{headers:?}");
        }
        assert!(Trust::new(Some(" \n"), &[]).is_err() && Trust::new(Some("two words"), &[]).is_err());
        assert!(!format!("{trust:?}").contains("s3cret"));
    }

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_no_more() {
        for wrong in ["faces.example", "ftp://faces.example", "https://faces.example/page", "*", ""] {
            assert!(Trust::new(None, &[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
