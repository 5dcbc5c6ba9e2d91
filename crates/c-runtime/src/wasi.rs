//! What a guest is to see through WASI: collected here, opened when an instance is made.

use wootz_runtime::Store;
use wootz_wasi::{Import, WasiCtx};

/// `wootz_wasi_t`. Values that are no UTF-8, which no guest can take, are told when an instance is made.
#[derive(Clone, Debug, Default)]
pub struct Wasi {
    pub(crate) args: Vec<Text>,
    pub(crate) env: Vec<(Text, Text)>,
    pub(crate) dirs: Vec<(Text, Text)>,
    pub(crate) inherit_stdio: bool,
}

/// A text, or how far it is one.
pub(crate) type Text = Result<String, std::str::Utf8Error>;

/// What WASI's functions are to a module that imports them: behind a pointer, so that a program without WASI does not
/// link it.
pub(crate) struct Provider {
    /// Puts the guest's view into the store and returns the functions.
    pub(crate) provide: fn(&Wasi, &mut Store) -> Result<Vec<Import>, String>,
}

impl Provider {
    pub(crate) const PREVIEW_1: Self = Self { provide };
}

fn provide(wasi: &Wasi, store: &mut Store) -> Result<Vec<Import>, String> {
    let context = context(wasi)?;
    let data = store.data_mut().downcast_mut::<Option<WasiCtx>>();
    *data.ok_or("the store has other data")? = Some(context);
    // It is set before any function runs, and never taken away.
    Ok(wootz_wasi::imports(|context: &mut Option<WasiCtx>| context.as_mut().expect("the context is set"))
        .collect())
}

fn context(wasi: &Wasi) -> Result<WasiCtx, String> {
    let text =
        |text: &Text| text.clone().map_err(|error| format!("a text for the guest is no UTF-8: {error}"));
    let told = |error: wootz_wasi::BuildError| error.to_string();
    let mut builder = WasiCtx::builder();
    for argument in &wasi.args {
        builder = builder.arg(text(argument)?).map_err(told)?;
    }
    for (name, value) in &wasi.env {
        builder = builder.env(text(name)?, text(value)?).map_err(told)?;
    }
    for (host, guest) in &wasi.dirs {
        builder = builder.preopened_dir(text(host)?, text(guest)?).map_err(told)?;
    }
    Ok(if wasi.inherit_stdio { builder.inherit_stdio() } else { builder }.build())
}
