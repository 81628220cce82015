//! A browser that is driven.

use std::error;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

pub(crate) type Error = Box<dyn error::Error>;

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page in a browser of its own.
pub(crate) struct Browser {
    client: Client,
    // The last field: the driver goes after the browser.
    _driver: Driver,
}

struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

impl Browser {
    pub(crate) async fn open(page: &Path) -> Result<Self, Error> {
        let port = free_port()?;
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver: {error}; .ci/browser.sh installs it"))?;
        let driver = Driver(driver);
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1400,1000",
        ];
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = capabilities.as_object().cloned().unwrap_or_default();
        let start = Instant::now();
        let client = loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let builder = builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(error) if start.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        client.goto(&format!("file://{}", page.display())).await?;
        Ok(Self {
            client,
            _driver: driver,
        })
    }

    pub(crate) async fn click(&self, selector: &str) -> Result<(), Error> {
        let found = self.client.find(Locator::Css(selector)).await?;
        Ok(found.click().await?)
    }

    pub(crate) async fn text(&self, selector: &str) -> Result<String, Error> {
        let found = self.client.find(Locator::Css(selector)).await?;
        Ok(found.text().await?)
    }

    pub(crate) async fn type_into(&self, selector: &str, text: &str) -> Result<(), Error> {
        let found = self.client.find(Locator::Css(selector)).await?;
        Ok(found.send_keys(text).await?)
    }

    pub(crate) async fn choose(&self, selector: &str, value: &str) -> Result<(), Error> {
        let found = self.client.find(Locator::Css(selector)).await?;
        Ok(found.select_by_value(value).await?)
    }

    /// Presses a key where nothing has the focus.
    pub(crate) async fn press(&self, key: &str) -> Result<(), Error> {
        self.type_into("body", key).await
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press_active(&self, key: &str) -> Result<(), Error> {
        let active = self.client.active_element().await?;
        Ok(active.send_keys(key).await?)
    }

    /// Drags the pointer over an element from one part of its width to another.
    pub(crate) async fn drag(&self, selector: &str, from: f64, to: f64) -> Result<(), Error> {
        let found = self.client.find(Locator::Css(selector)).await?;
        let (left, top, width, height) = found.rectangle().await?;
        let at = |part: f64, milliseconds| PointerAction::MoveTo {
            duration: Some(Duration::from_millis(milliseconds)),
            x: left + part * width,
            y: top + height / 2.0,
        };
        let button = MOUSE_BUTTON_LEFT;
        let pointer = MouseActions::new("mouse".to_owned())
            .then(at(from, 0))
            .then(PointerAction::Down { button })
            .then(at((from + to) / 2.0, 30))
            .then(at(to, 30))
            .then(PointerAction::Up { button });
        Ok(self.client.perform_actions(pointer).await?)
    }

    pub(crate) async fn back(&self) -> Result<(), Error> {
        Ok(self.client.back().await?)
    }

    pub(crate) async fn run(&self, script: &str) -> Result<serde_json::Value, Error> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until an expression of JavaScript is true.
    pub(crate) async fn wait_for(&self, condition: &str) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let holds = self.run(&format!("return Boolean({condition})")).await;
            match holds {
                Ok(serde_json::Value::Bool(true)) => return Ok(()),
                _ if start.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                other => return Err(format!("it never came: {condition} ({other:?})").into()),
            }
        }
    }

    pub(crate) async fn close(self) -> Result<(), Error> {
        Ok(self.client.close().await?)
    }
}

fn free_port() -> std::io::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
