//! The places in a payload where facts stand, as types.

/// Types of objects, each with the fields of it that are read; all else is skipped, and what is missing
/// is absent. The first word says in which case the provider writes its keys.
macro_rules! places {
    ($case:literal; $($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = $case, bound(deserialize = "'de: 'a"))]
        pub(super) struct $name<'a> {
            // On each field, not on the whole: a default of the whole would be built every time.
            $($(#[$attribute])* #[serde(default)] pub(super) $field: $type,)*
            #[serde(skip)]
            pub(super) _lifetime: std::marker::PhantomData<&'a ()>,
        }
    )*};
}

pub(in crate::provider) use places;
