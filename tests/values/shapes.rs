//! Shapes and their values, for properties.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use tollgate::tool::Shape;
use wasmtime::component::Val;

fn names() -> impl Strategy<Value = Vec<String>> {
    btree_set("[a-z][a-z0-9]{0,3}(-[a-z]{1,3})?", 1..4).prop_map(|names| names.into_iter().collect())
}

/// Any type, up to five levels deep.
pub fn any_shape() -> impl Strategy<Value = Shape> {
    let plain = prop::sample::select(vec![
        Shape::Bool,
        Shape::S8,
        Shape::U8,
        Shape::S16,
        Shape::U16,
        Shape::S32,
        Shape::U32,
        Shape::S64,
        Shape::U64,
        Shape::F32,
        Shape::F64,
        Shape::Char,
        Shape::String,
        Shape::Bytes,
    ]);
    let leaf = prop_oneof![4 => plain, 1 => names().prop_map(Shape::Enum), 1 => names().prop_map(Shape::Flags)];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let maybe = prop::option::of(inner.clone());
        let boxed = prop::option::of(inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(Shape::list),
            inner.clone().prop_map(|some| Shape::Option(Box::new(some))),
            vec(inner.clone(), 1..4).prop_map(Shape::Tuple),
            (names(), vec(inner, 3)).prop_map(|(names, shapes)| Shape::Record(names.into_iter().zip(shapes).collect())),
            (names(), vec(maybe, 3)).prop_map(|(names, shapes)| Shape::Variant(names.into_iter().zip(shapes).collect())),
            (boxed.clone(), boxed).prop_map(|(ok, err)| Shape::Result { ok, err }),
        ]
    })
}

/// Any type with any of its values.
pub fn any_shape_and_value() -> impl Strategy<Value = (Shape, Val)> {
    any_shape().prop_flat_map(|shape| {
        let val = value(&shape);
        (Just(shape), val)
    })
}

fn carried(shape: Option<&Shape>) -> BoxedStrategy<Option<Box<Val>>> {
    match shape {
        None => Just(None).boxed(),
        Some(shape) => value(shape).prop_map(|val| Some(Box::new(val))).boxed(),
    }
}

fn value(shape: &Shape) -> BoxedStrategy<Val> {
    match shape {
        Shape::Bool => any::<bool>().prop_map(Val::Bool).boxed(),
        Shape::S8 => any::<i8>().prop_map(Val::S8).boxed(),
        Shape::U8 => any::<u8>().prop_map(Val::U8).boxed(),
        Shape::S16 => any::<i16>().prop_map(Val::S16).boxed(),
        Shape::U16 => any::<u16>().prop_map(Val::U16).boxed(),
        Shape::S32 => any::<i32>().prop_map(Val::S32).boxed(),
        Shape::U32 => any::<u32>().prop_map(Val::U32).boxed(),
        Shape::S64 => any::<i64>().prop_map(Val::S64).boxed(),
        Shape::U64 => any::<u64>().prop_map(Val::U64).boxed(),
        Shape::F32 => any::<u32>().prop_map(|bits| Val::Float32(f32::from_bits(bits))).boxed(),
        Shape::F64 => any::<u64>().prop_map(|bits| Val::Float64(f64::from_bits(bits))).boxed(),
        Shape::Char => any::<char>().prop_map(Val::Char).boxed(),
        Shape::String => any::<String>().prop_map(Val::String).boxed(),
        Shape::Bytes => vec(any::<u8>().prop_map(Val::U8), 0..9).prop_map(Val::List).boxed(),
        Shape::List(item) => vec(value(item), 0..4).prop_map(Val::List).boxed(),
        Shape::Record(fields) => {
            let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
            let values: Vec<_> = fields.iter().map(|(_, shape)| value(shape)).collect();
            values.prop_map(move |values| Val::Record(names.clone().into_iter().zip(values).collect())).boxed()
        }
        Shape::Tuple(places) => places.iter().map(value).collect::<Vec<_>>().prop_map(Val::Tuple).boxed(),
        Shape::Variant(cases) => {
            let cases = cases.clone();
            let case = prop::sample::select(cases);
            case.prop_flat_map(|(name, shape)| carried(shape.as_ref()).prop_map(move |val| Val::Variant(name.clone(), val)))
                .boxed()
        }
        Shape::Enum(names) => prop::sample::select(names.clone()).prop_map(Val::Enum).boxed(),
        Shape::Flags(names) => {
            let most = names.len();
            prop::sample::subsequence(names.clone(), 0..=most).prop_map(Val::Flags).boxed()
        }
        Shape::Option(some) => prop_oneof![Just(Val::Option(None)), carried(Some(some)).prop_map(Val::Option)].boxed(),
        Shape::Result { ok, err } => {
            let ok = carried(ok.as_deref()).prop_map(|val| Val::Result(Ok(val)));
            prop_oneof![ok, carried(err.as_deref()).prop_map(|val| Val::Result(Err(val)))].boxed()
        }
    }
}

/// Whether a type holds whole numbers of 64 bits.
pub fn holds_64_bits(shape: &Shape) -> bool {
    let text = shape.to_string();
    text.contains("u64") || text.contains("s64")
}
