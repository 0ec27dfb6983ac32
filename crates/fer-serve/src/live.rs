//! `/v1/live`: frames of a camera in, the faces that are followed through them out.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use fer_video::{Following, Tracker};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::asked::Detection;
use crate::faces::model;
use crate::house::House;
use crate::limits::FRAME;
use crate::problem::Problem;
use crate::query::Asks;
use crate::session::Session;

/// The WebSocket's name for what is said on it. A browser offers it beside the token, and has to be told which of the two
/// was taken.
pub(crate) const PROTOCOL: &str = "fer.live";

/// What the query of a WebSocket asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedLive {
    /// The name of the model that answers, of those that `/v1/models` lists. Default: the first of them.
    model: Option<String>,
}

impl Asks for AskedLive {
    const EXPECTED: &str = "`model=NAME` or no query";
}

/// Opens a WebSocket for the frames of one camera.
pub(crate) async fn live(
    State(house): State<Arc<House>>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let asked = AskedLive::of(&uri)?;
    let model = model(&house, asked.model.as_deref())?;
    // Faces are followed where they can be found.
    let _ = Detection::of(None)?;
    // First, so that an ordinary request is told, too: browsers do not say why a WebSocket was refused.
    let camera = house.camera()?;
    let upgrade = upgrade.map_err(|error| {
        let detail = format!("expected the request of a WebSocket: {}", error.body_text());
        Problem::new(StatusCode::UPGRADE_REQUIRED, detail).with(header::UPGRADE, "websocket")
    })?;
    let most = house.limits.body.min(FRAME);
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most);
    Ok(upgrade.on_upgrade(async move |socket: WebSocket| {
        let tracker = Tracker::new(house.models.shared(model), Following::default());
        Session::new(Arc::clone(&house), tracker).run(socket).await;
        drop(camera);
    }))
}
