//! Values between Rust and TypeScript.

use serde::{Serialize, Serializer, de::DeserializeOwned};
use wasm_bindgen::JsValue;

use crate::error::ModuleError;

/// What a bound function returns: TypeScript sees `{kind, …}` thrown.
pub type Thrown<T> = Result<T, JsValue>;

/// Bytes that become a `Uint8Array`, not a list of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// A plain object: missing values are null and maps are objects, as `JSON.parse` would make them.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> Thrown<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(Into::into)
}

/// Reads a plain object; another shape than declared is `argument`.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, ModuleError> {
    serde_wasm_bindgen::from_value(value).map_err(|error| ModuleError::Argument { detail: error.to_string() })
}

/// Throws a failure as its plain object.
pub fn throw(error: &ModuleError) -> JsValue {
    to_js(error).unwrap_or_else(|unserialised| unserialised)
}

/// Turns the result of a pure function into what a bound function returns.
pub fn thrown<T>(result: Result<T, ModuleError>) -> Thrown<T> {
    result.map_err(|error| throw(&error))
}

/// The same for a structured value.
pub fn thrown_view<T: Serialize>(result: Result<T, ModuleError>) -> Thrown<JsValue> {
    to_js(&thrown(result)?)
}
