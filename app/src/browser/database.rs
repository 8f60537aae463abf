//! The browser's own database (IndexedDB): one store of texts by key.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::join;
use js_sys::Function;
use leptos::prelude::window;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode};

/// What the database is called.
const NAME: &str = "etude";
/// Its only store.
const STORE: &str = "texts";

/// The database, open.
#[derive(Debug, Clone)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens it, once for the page; `None` where the browser has none for it.
    pub async fn open() -> Option<Self> {
        thread_local! {
            static OPEN: RefCell<Option<Database>> = const { RefCell::new(None) };
        }
        let known = OPEN.with_borrow(Clone::clone);
        if known.is_some() {
            return known;
        }
        let database = Self::open_anew().await?;
        OPEN.set(Some(database.clone()));
        Some(database)
    }

    async fn open_anew() -> Option<Self> {
        let request = window().indexed_db().ok()??.open(NAME).ok()?;
        let making = request.clone();
        let make = Closure::once_into_js(move || {
            if let Ok(database) = making.result().and_then(JsValue::dyn_into::<IdbDatabase>) {
                _ = database.create_object_store(STORE);
            }
        });
        request.set_onupgradeneeded(Some(make.unchecked_ref()));
        let database: IdbDatabase = done(request.unchecked_ref()).await?.dyn_into().ok()?;
        // Another tab wants to make it anew: without this one in its way.
        let closing = database.clone();
        database.set_onversionchange(Some(Closure::once_into_js(move || closing.close()).unchecked_ref()));
        Some(Self(database))
    }

    /// The keys that begin so.
    pub async fn keys(&self, prefix: &str) -> Option<Vec<String>> {
        let store = self.store(IdbTransactionMode::Readonly)?.0;
        let keys = done(&store.get_all_keys_with_key(&beginning_with(prefix)?).ok()?).await?;
        Some(js_sys::Array::from(&keys).iter().filter_map(|key| key.as_string()).collect())
    }

    /// The text with that key.
    pub async fn get(&self, key: &str) -> Option<String> {
        let store = self.store(IdbTransactionMode::Readonly)?.0;
        done(&store.get(&key.into()).ok()?).await?.as_string()
    }

    /// The texts whose keys begin so, with their keys.
    pub async fn read(&self, prefix: &str) -> Option<Vec<(String, String)>> {
        let store = self.store(IdbTransactionMode::Readonly)?.0;
        let range = beginning_with(prefix)?;
        // Both at once: a transaction that nobody asks anything ends.
        let (keys, texts) = (store.get_all_keys_with_key(&range).ok()?, store.get_all_with_key(&range).ok()?);
        let (keys, texts) = join(done(&keys), done(&texts)).await;
        let (keys, texts) = (js_sys::Array::from(&keys?), js_sys::Array::from(&texts?));
        Some(
            keys.iter()
                .zip(texts.iter())
                .filter_map(|(key, text)| Some((key.as_string()?, text.as_string()?)))
                .collect(),
        )
    }

    /// Writes texts and takes others away, all or nothing. Says whether it is done.
    pub async fn write(&self, texts: Vec<(String, String)>, gone: Vec<String>) -> bool {
        let Some((store, transaction)) = self.store(IdbTransactionMode::Readwrite) else { return false };
        for key in gone {
            _ = store.delete(&key.into());
        }
        for (key, text) in texts {
            if store.put_with_key(&text.into(), &key.into()).is_err() {
                _ = transaction.abort();
                return false;
            }
        }
        ended(&transaction).await
    }

    /// Takes every text away whose key begins so.
    pub async fn remove(&self, prefix: &str) -> bool {
        let Some((store, transaction)) = self.store(IdbTransactionMode::Readwrite) else { return false };
        let Some(range) = beginning_with(prefix) else { return false };
        store.delete(&range).is_ok() && ended(&transaction).await
    }

    fn store(&self, mode: IdbTransactionMode) -> Option<(IdbObjectStore, IdbTransaction)> {
        let transaction = self.0.transaction_with_str_and_mode(STORE, mode).ok()?;
        Some((transaction.object_store(STORE).ok()?, transaction))
    }
}

fn beginning_with(prefix: &str) -> Option<JsValue> {
    let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}\u{ffff}").into()).ok()?;
    Some(range.into())
}

/// What a request brings.
async fn done(request: &IdbRequest) -> Option<JsValue> {
    let is_done = told(|good, bad| {
        request.set_onsuccess(Some(good));
        request.set_onerror(Some(bad));
    });
    if is_done.await { request.result().ok() } else { None }
}

/// Whether a transaction was carried out.
async fn ended(transaction: &IdbTransaction) -> bool {
    told(|good, bad| {
        transaction.set_oncomplete(Some(good));
        transaction.set_onerror(Some(bad));
        transaction.set_onabort(Some(bad));
    })
    .await
}

/// Waits until one of two functions is called; says whether it was the first. Both live until then.
async fn told(listen: impl FnOnce(&Function, &Function)) -> bool {
    let (tell, answer) = oneshot::channel();
    let tell = Rc::new(RefCell::new(Some(tell)));
    let function = |is_good: bool| {
        let tell = Rc::clone(&tell);
        Closure::<dyn FnMut()>::new(move || {
            if let Some(tell) = tell.take() {
                _ = tell.send(is_good);
            }
        })
    };
    let (good, bad) = (function(true), function(false));
    listen(good.as_ref().unchecked_ref(), bad.as_ref().unchecked_ref());
    answer.await.unwrap_or(false)
}
