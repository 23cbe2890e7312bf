//! A checker for the part of JSON Schema that Tollgate writes. What it does not know is a failure, never a yes.

use serde_json::Value;

/// Whether `schema` accepts `json`.
pub fn accepts(schema: &Value, json: &Value) -> bool {
    let keywords = schema.as_object().expect("a schema is an object");
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "type" => typed(rule.as_str().expect("one type"), json),
        "minimum" => json.as_f64() >= rule.as_f64(),
        "maximum" => json.as_f64() <= rule.as_f64(),
        "minLength" => json.as_str().is_some_and(|text| text.chars().count() as u64 >= rule.as_u64().expect("a length")),
        "maxLength" => json.as_str().is_some_and(|text| text.chars().count() as u64 <= rule.as_u64().expect("a length")),
        "pattern" => json.as_str().is_some_and(|text| matches(rule.as_str().expect("a pattern"), text)),
        "enum" => rule.as_array().expect("cases").contains(json),
        "const" => rule == json,
        "items" => json.as_array().into_iter().flatten().all(|item| accepts(rule, item)),
        "uniqueItems" => {
            let different =
                |items: &Vec<Value>| items.iter().enumerate().all(|(place, item)| !items[..place].contains(item));
            json.as_array().is_none_or(different)
        }
        "anyOf" => rule.as_array().expect("branches").iter().any(|branch| accepts(branch, json)),
        "properties" => {
            rule.as_object().expect("properties").iter().all(|(name, of)| json.get(name).is_none_or(|it| accepts(of, it)))
        }
        "required" => rule.as_array().expect("names").iter().all(|name| json.get(name.as_str().expect("a name")).is_some()),
        "additionalProperties" => {
            assert_eq!(rule, &Value::Bool(false));
            let known = keywords["properties"].as_object().expect("properties");
            json.as_object().into_iter().flatten().all(|(name, _)| known.contains_key(name))
        }
        "contentEncoding" => true,
        other => panic!("the checker does not know `{other}`"),
    })
}

fn typed(name: &str, json: &Value) -> bool {
    match name {
        "object" => json.is_object(),
        "array" => json.is_array(),
        "string" => json.is_string(),
        "boolean" => json.is_boolean(),
        "number" => json.is_number(),
        "integer" => json.as_f64().is_some_and(|float| float.fract() == 0.0),
        other => panic!("the checker does not know the type `{other}`"),
    }
}

/// The three patterns that there are, by hand.
fn matches(pattern: &str, text: &str) -> bool {
    let digits = |text: &str, most: usize| {
        text == "0"
            || (text.len() <= most
                && text.bytes().all(|it| it.is_ascii_digit())
                && !text.starts_with('0')
                && !text.is_empty())
    };
    match pattern {
        "^(0|[1-9][0-9]{0,19})$" => digits(text, 20),
        "^(0|-?[1-9][0-9]{0,18})$" => {
            digits(text, 19) || text.strip_prefix('-').is_some_and(|it| it != "0" && digits(it, 19))
        }
        "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$" => {
            let inner = text.trim_end_matches('=');
            let plain = inner.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'+' || it == b'/');
            plain && text.len().is_multiple_of(4) && text.len() - inner.len() <= 2
        }
        other => panic!("the checker does not know the pattern {other}"),
    }
}
