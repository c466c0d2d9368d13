//! An app with Tauri's mock runtime: real commands, real engine, real practice server, no window and no display.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use accounts::DataFolder;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, CapabilityBuilder, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{Manager as _, WebviewWindow, WebviewWindowBuilder};
use tern_lib::app::App;
use tern_lib::environment::Environment;
use tos_local::{AccessKey, Behaviour, BucketSpec, Options, Server};

/// Where a page of the app lives; the permissions hold for nothing else.
const PAGE: &str = if !cfg!(feature = "custom-protocol") {
    "http://localhost:1420"
} else if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

/// An app on a folder of its own.
pub(crate) struct Harness {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) app: Arc<App>,
    pub(crate) window: WebviewWindow<MockRuntime>,
    tauri_app: tauri::App<MockRuntime>,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap(), Environment::default())
    }

    /// With the permissions and the content-security policy of the real configuration.
    pub(crate) fn on(folder: tempfile::TempDir, environment: Environment) -> Self {
        let app = Arc::new(App::new(DataFolder::at(folder.path().join("data")), environment));
        let tauri_app = tern_lib::configure(mock_builder(), app.clone()).build(tauri::generate_context!()).unwrap();
        // Windows of the configuration come with the event loop, which no test runs.
        let window = WebviewWindowBuilder::new(&tauri_app, "main", Default::default()).build().unwrap();
        Self { folder, app, window, tauri_app }
    }

    /// An app that is connected to a server of its own with one bucket, on which its key may do everything.
    pub(crate) fn with_server(behaviour: Behaviour, bucket: BucketSpec) -> (Self, Server) {
        let harness = Self::new();
        let name = bucket.name.clone();
        let key = AccessKey { access_key: "AKTPone".into(), secret_key: "secret-of-one".into(), security_token: None };
        let options = Options {
            root: harness.folder.path().join("store"),
            buckets: vec![bucket],
            credentials: vec![key],
            behaviour,
            ..Options::default()
        };
        let server = tauri::async_runtime::block_on(Server::start(options)).unwrap();
        let form = json!({
            "name": "One", "access_key": "AKTPone", "secret_key": "secret-of-one", "endpoint": server.endpoint(),
            "bucket": name,
        });
        harness.ok("connect", connect_form(form));
        (harness, server)
    }

    /// Lets the window call the commands that no screen calls yet.
    pub(crate) fn allow_unused(&self) {
        let unused = CapabilityBuilder::new("unused").window("main").permission("allow-commands-without-a-screen");
        self.tauri_app.add_capability(unused).unwrap();
    }

    /// Another window of the app.
    pub(crate) fn window(&self, label: &str) -> WebviewWindow<MockRuntime> {
        WebviewWindowBuilder::new(&self.tauri_app, label, Default::default()).build().unwrap()
    }

    /// What a command answers, or its error as the page sees it.
    pub(crate) fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        call(&self.window, command, arguments)
    }

    /// The answer of a command that must succeed.
    pub(crate) fn ok(&self, command: &str, arguments: Value) -> Value {
        self.call(command, arguments.clone()).unwrap_or_else(|error| panic!("{command} {arguments}: {error}"))
    }

    /// The error of a command that must fail.
    pub(crate) fn error(&self, command: &str, arguments: Value) -> Value {
        self.call(command, arguments.clone()).expect_err(&format!("{command} {arguments} succeeded"))
    }

    /// A file of this many bytes, none of which is like its neighbours.
    pub(crate) fn file(&self, name: &str, size_bytes: usize) -> String {
        let path = self.folder.path().join(name);
        let bytes: Vec<u8> =
            (0..size_bytes as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Looks at a transfer until it is in one of the states, and returns its details.
    pub(crate) fn until(&self, id: &Value, states: &[&str]) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let detail = self.ok("transfer_detail", json!({ "id": id }));
            let state = detail["row"]["state"].as_str().unwrap();
            if states.contains(&state) {
                return detail;
            }
            assert!(Instant::now() < deadline, "still {state}, not one of {states:?}: {detail}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks until the answer fits, and returns it.
    pub(crate) fn until_answer(&self, command: &str, arguments: Value, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = self.ok(command, arguments.clone());
            if fits(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{command} still answers {answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the app as closing its window does, and gives its folder back.
    pub(crate) fn close(self) -> tempfile::TempDir {
        tauri::async_runtime::block_on(self.app.shut_down());
        self.folder
    }
}

/// The arguments of a command that takes the connect form: the usual one with these fields.
pub(crate) fn connect_form(fields: Value) -> Value {
    let mut form = json!({
        "id": null, "name": "", "access_key": "", "secret_key": "", "security_token": "",
        "region": tos_local::PRACTICE_REGION, "endpoint": "", "bucket": "", "path_style": true, "proxy_use": "system",
        "proxy": "", "ca_file": "", "accept_untested": false,
    });
    for (name, value) in fields.as_object().unwrap() {
        assert!(form.get(name).is_some(), "the form has no field {name}");
        form[name] = value.clone();
    }
    json!({ "form": form, "progress": "__CHANNEL__:7" })
}

pub(crate) fn call(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: PAGE.parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.into(),
    };
    get_ipc_response(window, request).map(|body| match body {
        InvokeResponseBody::Json(text) => serde_json::from_str(&text).unwrap(),
        InvokeResponseBody::Raw(_) => panic!("{command} answered with raw bytes"),
    })
}

/// Pushes that were heard, as JSON.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<Value>>>);

impl Ear {
    /// Listens to an app.
    pub(crate) fn of(app: &App) -> Self {
        let ear = Self::default();
        let heard = ear.0.clone();
        app.pushes.subscribe(tauri::ipc::Channel::new(move |body| {
            if let InvokeResponseBody::Json(text) = body {
                heard.lock().unwrap().push(serde_json::from_str(&text).unwrap());
            }
            Ok(())
        }));
        ear
    }

    /// All that were heard so far.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// Waits for a push that fits.
    pub(crate) fn hear(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(push) = self.0.lock().unwrap().iter().find(|push| fits(push)) {
                return push.clone();
            }
            assert!(Instant::now() < deadline, "not heard among {} pushes", self.0.lock().unwrap().len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
