//! What a connection asks for: events go a way of their own, past the router and its layers, which would cost as much as
//! all that is done with a small batch. Everything else goes through the router.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use bowerbird_sdk_server::ingest::{self, Ingest};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::app::App;
use crate::http::{refuse_events, router, sign};
use crate::metrics::PUT_EVENTS;

/// All doors of the server.
#[derive(Clone)]
pub(crate) struct Doors {
    app: Arc<App>,
    ingest: Arc<Ingest>,
    router: TowerToHyperService<Router>,
}

impl Doors {
    pub(crate) fn new(app: Arc<App>, ingest: Arc<Ingest>) -> Self {
        let router = TowerToHyperService::new(router(app.clone(), ingest.clone()));
        Self { app, ingest, router }
    }

    /// Events that need no signature. Signed ones go through the router, which has the guard.
    fn is_short(&self, request: &Request<Incoming>) -> bool {
        request.method() == Method::POST
            && request.uri().path() == "/events"
            && (self.app.settings.key.is_none() || crate::auth::is_public(request))
    }
}

impl Service<Request<Incoming>> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if !self.is_short(&request) {
            return Box::pin(self.router.call(request));
        }
        let (app, ingest, started) = (self.app.clone(), self.ingest.clone(), Instant::now());
        Box::pin(async move {
            let mut response = ingest::answer(&ingest, refuse_events, request.map(Body::new)).await;
            sign(&app, PUT_EVENTS, started, &mut response);
            Ok(response)
        })
    }
}
